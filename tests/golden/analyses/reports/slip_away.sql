-- title: When do users slip away
-- about: Of the users idle for more than so many days after an event, the share who did it again, by how many they had done before (bands of five).
-- about: Changed: no 1 is added to the denominator; the bands are 1-5, 6-10, 11-15 and so on.
-- param of text = any: which events: pages, screens, tracks or any
-- param event text = : the event; empty means any
-- param longest number = 100: days of idling looked at
-- param settle_days number = 30: only events at least this old
-- chart: heat idle_days band came_back
WITH
-- The events. To use other tables, change this one: user_id, event_name, occurred_at (UTC), place (breaks ties of time).
events AS (
    SELECT
        m.person_id AS user_id, m.event AS event_name, m.model_time AS occurred_at,
        row(m.received_at, m.batch_index, m.source, m.message_id) AS place
    FROM main.mapped_tracks AS m
    WHERE m.is_activity AND m.person_id IS NOT NULL AND ('any' = 'any' OR m.type || 's' = 'any')
),
-- What the newest build holds: instead of now().
as_of AS (
    SELECT data_as_of AS as_of
    FROM clew.builds
    ORDER BY build_id DESC
    LIMIT 1
),
-- Each such event with the user's next.
numbered AS (
    SELECT
        user_id, occurred_at,
        row_number() OVER (PARTITION BY user_id ORDER BY occurred_at, place) AS n,
        lead(occurred_at) OVER (PARTITION BY user_id ORDER BY occurred_at, place) AS next_at
    FROM events
    WHERE '' = '' OR event_name = ''
),
-- Idle until the next, or until the end of the data.
idle AS (
    SELECT CAST((n - 1) // 5 AS INTEGER) AS band, next_at IS NOT NULL AS came_back, date_sub('hour', occurred_at, coalesce(next_at, as_of)) / 24 AS days
    FROM numbered, as_of
    WHERE n <= 75 AND occurred_at + to_days(CAST(30 AS INTEGER)) <= as_of
)
SELECT
    d.idle_days, CAST(5 * band + 1 AS VARCHAR) || '-' || CAST(5 * band + 5 AS VARCHAR) AS band,
    count(*) AS idle, count(*) FILTER (WHERE came_back) / count(*) AS came_back
FROM (SELECT CAST(unnest(generate_series(0, 100)) AS INTEGER) AS idle_days) AS d
JOIN idle AS i ON i.days > d.idle_days
GROUP BY d.idle_days, i.band
ORDER BY d.idle_days, i.band
