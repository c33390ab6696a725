-- title: Retention by day of the week of sign-up
-- about: The share active 1, 7, 14 and 28 days after activation (days 1, 7-13, 14-20, 28-34), by the weekday of activation. Each share is of the users old enough for it.
-- about: Changed: no 1 is added to the denominators; a share of nobody is NULL.
-- param of text = any: which events: pages, screens, tracks or any
-- chart: heat signup_day
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
-- Whole days of 24 hours since activation; local time.
ages AS (
    SELECT u.user_id, u.activated_at, date_sub('hour', u.activated_at, e.occurred_at) // 24 AS age
    FROM users AS u
    JOIN events AS e ON e.user_id = u.user_id
),
flags AS (
    SELECT
        a.user_id, isodow(a.activated_at) AS weekday, dayname(a.activated_at) AS signup_day,
        bool_or(a.age = 1) AS r_1, bool_or(a.age BETWEEN 7 AND 13) AS r_7, bool_or(a.age BETWEEN 14 AND 20) AS r_14, bool_or(a.age BETWEEN 28 AND 34) AS r_28,
        date_sub('hour', a.activated_at, any_value(n.as_of)) // 24 AS days_known
    FROM ages AS a, as_of AS n
    GROUP BY a.user_id, a.activated_at
)
SELECT
    signup_day,
    count(*) AS users,
    count(*) FILTER (WHERE r_1 AND days_known >= 2) / nullif(count(*) FILTER (WHERE days_known >= 2), 0) AS day_1,
    count(*) FILTER (WHERE r_7 AND days_known >= 14) / nullif(count(*) FILTER (WHERE days_known >= 14), 0) AS day_7,
    count(*) FILTER (WHERE r_14 AND days_known >= 21) / nullif(count(*) FILTER (WHERE days_known >= 21), 0) AS day_14,
    count(*) FILTER (WHERE r_28 AND days_known >= 35) / nullif(count(*) FILTER (WHERE days_known >= 35), 0) AS day_28
FROM flags
GROUP BY weekday, signup_day
ORDER BY weekday
