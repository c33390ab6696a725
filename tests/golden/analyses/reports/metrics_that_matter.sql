-- title: Metrics that matter
-- about: For each action done at least n times in the first week: how many did it, how many of them were there in the second week, who is missed, and the overlap of both sets.
-- about: Changed: actions are counted in the first 7 days only, so that they cannot leak the outcome; users younger than 14 days are left out.
-- param of text = any: which events: pages, screens, tracks or any
-- param most number = 10: the greatest n
-- chart: bar event_name overlap at_least
WITH
-- The events. To use other tables, change this one: user_id, event_name, occurred_at (local time), place (breaks ties of time).
events AS (
    SELECT
        m.person_id AS user_id, m.event AS event_name, m.model_time + z.utc_offset AS occurred_at,
        row(m.received_at, m.batch_index, m.source, m.message_id) AS place
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.is_activity AND m.person_id IS NOT NULL AND ('any' = 'any' OR m.type || 's' = 'any')
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
totals AS (
    SELECT count(*) AS users, count(*) FILTER (WHERE retained) AS retained
    FROM outcomes
),
counted AS (
    SELECT
        a.event_name, n.at_least,
        count(*) AS did,
        count(*) FILTER (WHERE o.retained) AS did_and_retained
    FROM actions AS a
    JOIN outcomes AS o ON o.user_id = a.user_id
    JOIN (SELECT CAST(unnest(generate_series(1, 10)) AS INTEGER) AS at_least) AS n ON a.times >= n.at_least
    GROUP BY ALL
)
SELECT
    c.event_name, c.at_least, t.users, t.retained, c.did, c.did_and_retained,
    c.did_and_retained / c.did AS retained_of_those_who_did,
    t.retained - c.did_and_retained AS retained_without,
    c.did_and_retained / (c.did + t.retained - c.did_and_retained) AS overlap
FROM counted AS c, totals AS t
ORDER BY overlap DESC, event_name, at_least
