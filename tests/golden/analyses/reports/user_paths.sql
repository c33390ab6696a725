-- title: How users move through your product
-- about: The first five events of each session, and how often each such path occurs. A session ends after idle time of more than gap_minutes.
-- about: Changed: the break is at more than 30 minutes as everywhere in Clew, not at 10 or more; sessions are numbered by user, and ties of time have an order.
-- param of text = any: which events: pages, screens, tracks or any
-- param gap_minutes number = 30: idle time that, exceeded, ends a session
-- param days number = 28: sessions that began in the last so many days of data
-- chart: sunburst e1 e2 e3 e4 e5 occurrences
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
-- The time since the user's event before.
ordered AS (
    SELECT *, occurred_at - lag(occurred_at) OVER (PARTITION BY user_id ORDER BY occurred_at, place) AS idle
    FROM events
),
numbered AS (
    SELECT
        *,
        count(*) FILTER (WHERE idle IS NULL OR idle > to_seconds(60 * 30)) OVER (PARTITION BY user_id ORDER BY occurred_at, place ROWS UNBOUNDED PRECEDING) AS session
    FROM ordered
),
placed AS (
    SELECT user_id, session, event_name, occurred_at, row_number() OVER (PARTITION BY user_id, session ORDER BY occurred_at, place) AS n
    FROM numbered
),
paths AS (
    SELECT
        user_id, session, min(occurred_at) AS began_at,
        max(event_name) FILTER (WHERE n = 1) AS e1, max(event_name) FILTER (WHERE n = 2) AS e2, max(event_name) FILTER (WHERE n = 3) AS e3,
        max(event_name) FILTER (WHERE n = 4) AS e4, max(event_name) FILTER (WHERE n = 5) AS e5
    FROM placed
    GROUP BY user_id, session
)
SELECT e1, e2, e3, e4, e5, count(*) AS occurrences, count(*) / sum(count(*)) OVER () AS share
FROM paths, as_of
WHERE began_at > as_of - to_days(CAST(28 AS INTEGER))
GROUP BY e1, e2, e3, e4, e5
ORDER BY occurrences DESC, e1, e2 NULLS FIRST, e3 NULLS FIRST, e4 NULLS FIRST, e5 NULLS FIRST
