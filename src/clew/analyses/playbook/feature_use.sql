-- title: Measuring feature use
-- about: How many users and how many times, by day and event.
-- about: Changed: a day on which nobody did it is a row of 0; the last days of the data instead of fixed dates; days are local.
-- param of text = any: which events: pages, screens, tracks or any
-- param days number = 28: the last so many days of data
-- chart: line day users event_name
WITH
-- The events. To use other tables, change this one: user_id, event_name, occurred_at (local time), place (breaks ties of time).
events AS (
    SELECT
        m.person_id AS user_id, m.event AS event_name, m.model_time + z.utc_offset AS occurred_at,
        row(m.received_at, m.batch_index, m.source, m.message_id) AS place
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.is_activity AND m.person_id IS NOT NULL AND ($of = 'any' OR m.type || 's' = $of)
),
-- What the newest build holds: instead of now().
as_of AS (
    SELECT b.data_as_of + z.utc_offset AS as_of
    FROM (SELECT data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS b
    JOIN main.zone_offsets AS z ON b.data_as_of >= z.utc_from AND b.data_as_of < z.utc_to
),
days AS (
    SELECT CAST(unnest(generate_series(date_trunc('day', as_of) - to_days(CAST($days AS INTEGER) - 1), as_of, INTERVAL 1 DAY)) AS DATE) AS day
    FROM as_of
),
counted AS (
    SELECT CAST(occurred_at AS DATE) AS day, event_name, count(DISTINCT user_id) AS users, count(*) AS times
    FROM events
    WHERE CAST(occurred_at AS DATE) IN (SELECT day FROM days)
    GROUP BY ALL
)
SELECT d.day, n.event_name, coalesce(c.users, 0) AS users, coalesce(c.times, 0) AS times
FROM days AS d
CROSS JOIN (SELECT DISTINCT event_name FROM counted) AS n
LEFT JOIN counted AS c ON c.day = d.day AND c.event_name = n.event_name
ORDER BY d.day, n.event_name
