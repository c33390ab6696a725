-- title: Metrics that matter: distribution
-- about: How many times each action was done in the first week, by those who were there in the second week and those who were not.
-- about: Changed: as in metrics_that_matter; those who never did it are the rows with 0.
-- param of text = any: which events: pages, screens, tracks or any
-- param most number = 20: more times than this count as this
-- chart: bar times share retained
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
-- A user is activated by the first event ever.
users AS (
    SELECT user_id, min(occurred_at) AS activated_at
    FROM events
    GROUP BY user_id
),
-- Users who have had two weeks.
old_enough AS (
    SELECT user_id, activated_at
    FROM users, as_of
    WHERE activated_at + INTERVAL 14 DAY <= as_of
),
-- Retained: any event in the second week.
outcomes AS (
    SELECT u.user_id, coalesce(bool_or(e.occurred_at >= u.activated_at + INTERVAL 7 DAY AND e.occurred_at < u.activated_at + INTERVAL 14 DAY), false) AS retained
    FROM old_enough AS u
    LEFT JOIN events AS e ON e.user_id = u.user_id
    GROUP BY u.user_id
),
-- What each did in the first week.
actions AS (
    SELECT e.user_id, e.event_name, count(*) AS times
    FROM events AS e
    JOIN old_enough AS u ON u.user_id = e.user_id
    WHERE e.occurred_at < u.activated_at + INTERVAL 7 DAY
    GROUP BY ALL
),
names AS (
    SELECT DISTINCT event_name
    FROM actions
),
-- Each user with each action, 0 times too.
done AS (
    SELECT o.user_id, o.retained, n.event_name, CAST(least(coalesce(a.times, 0), $most) AS INTEGER) AS times
    FROM outcomes AS o
    CROSS JOIN names AS n
    LEFT JOIN actions AS a ON a.user_id = o.user_id AND a.event_name = n.event_name
)
SELECT event_name, retained, times, count(*) AS users, count(*) / sum(count(*)) OVER (PARTITION BY event_name, retained) AS share
FROM done
GROUP BY event_name, retained, times
ORDER BY event_name, retained, times
