-- title: Describing retention
-- about: Of the users activated in a week or month, the share active so many whole weeks or months after their own first day; churn beside it.
-- about: Changed: data_as_of instead of a fixed date; periods without anybody are rows of 0; a cell is complete when all of its cohort have had the time.
-- param of text = any: which events: pages, screens, tracks or any
-- param interval text = month: week or month
-- param cohorts number = 11: how many cohorts, the newest last
-- chart: heat cohort period retention
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
cohorts AS (
    SELECT user_id, activated_at, CAST(date_trunc($interval, activated_at) AS DATE) AS cohort
    FROM users, as_of
    WHERE activated_at >= date_trunc($interval, as_of) - (CASE $interval WHEN 'week' THEN to_days(7 * $cohorts) ELSE to_months($cohorts) END)
),
-- Whole periods since activation: months from day to day of the month, weeks of 7 days.
seen AS (
    SELECT DISTINCT
        c.cohort, c.user_id,
        CASE $interval WHEN 'week' THEN date_sub('day', c.activated_at, e.occurred_at) // 7 ELSE date_sub('month', c.activated_at, e.occurred_at) END AS period
    FROM cohorts AS c
    JOIN events AS e ON e.user_id = c.user_id
),
sizes AS (
    SELECT cohort, count(*) AS users, max(activated_at) AS last_activated
    FROM cohorts
    GROUP BY cohort
),
-- Every period that the cohort's last user has begun.
cells AS (
    SELECT
        s.cohort, s.users, p.period,
        s.last_activated + (CASE $interval WHEN 'week' THEN to_days(7 * (p.period + 1)) ELSE to_months(p.period + 1) END) <= as_of AS complete
    FROM sizes AS s, as_of, (SELECT CAST(unnest(generate_series(0, $cohorts)) AS INTEGER) AS period) AS p
    WHERE s.last_activated + (CASE $interval WHEN 'week' THEN to_days(7 * p.period) ELSE to_months(p.period) END) <= as_of
),
counted AS (
    SELECT c.cohort, c.period, c.users, c.complete, count(s.user_id) AS retained
    FROM cells AS c
    LEFT JOIN seen AS s ON s.cohort = c.cohort AND s.period = c.period
    GROUP BY ALL
)
SELECT
    cohort, period, users, retained,
    retained / users AS retention,
    (lag(retained) OVER earlier - retained) / users AS churn,
    (lag(retained) OVER earlier - retained) / nullif(lag(retained) OVER earlier, 0) AS churn_from_previous,
    complete
FROM counted
WINDOW earlier AS (PARTITION BY cohort ORDER BY period)
ORDER BY cohort, period
