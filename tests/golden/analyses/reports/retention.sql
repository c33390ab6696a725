-- Retention by week.
WITH
-- What the newest build holds: all that was received up to then.
watermark AS (
    SELECT b.data_as_of, b.data_as_of + z.utc_offset AS local_as_of
    FROM (SELECT coalesce(data_as_of, TIMESTAMP '2000-01-01') AS data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS b
    JOIN main.zone_offsets AS z ON b.data_as_of >= z.utc_from AND b.data_as_of < z.utc_to
),
-- The local days asked for, both inclusive.
span AS (
    SELECT DATE '2026-03-02' AS first_day, DATE '2026-03-29' AS last_day
    FROM watermark
),
-- The events looked at, each with its person, with their local time.
events AS (
    SELECT m.*, m.person_id AS unit, m.model_time + z.utc_offset AS local_time
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.person_id IS NOT NULL
        AND (is_activity)
),
-- Each unit's first event that makes a cohort.
entries AS (
    SELECT unit, model_time AS entered_at, CAST(local_time AS DATE) AS entered_on, CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(local_time AS DATE)) / 7) AS BIGINT) AS cohort_period, row(model_time, received_at, batch_index, source, message_id) AS place
    FROM events
    WHERE is_activity
    QUALIFY row_number() OVER (PARTITION BY unit ORDER BY model_time, received_at, batch_index, source, message_id) = 1
),
-- Those of the days asked for.
cohorts AS (
    SELECT * FROM entries WHERE entered_on BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)
),
-- In which period after it each was active: at the cohort event itself, or later.
returns AS (
    SELECT DISTINCT c.unit, c.cohort_period, CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(e.local_time AS DATE)) / 7) AS BIGINT) - c.cohort_period AS passed
    FROM events AS e
    JOIN cohorts AS c ON c.unit = e.unit
    WHERE row(e.model_time, e.received_at, e.batch_index, e.source, e.message_id) = c.place OR (is_activity AND row(e.model_time, e.received_at, e.batch_index, e.source, e.message_id) > c.place)
),
-- How many each cohort has.
sizes AS (
    SELECT cohort_period, count(*) AS size, min(entered_at) AS first_entry, max(entered_at) AS last_entry
    FROM cohorts
    GROUP BY cohort_period
),
-- The periods shown, as ranges of their numbers.
indexes AS (
    SELECT first_index, last_index
    FROM (SELECT i AS first_index, i AS last_index FROM generate_series(0, 12) AS series (i)) AS r
),
-- Each cohort in each period that has begun; complete where no member can return in it any more.
cells AS (
    SELECT
        CAST(DATE '2000-01-03' - 0 + to_days(CAST(7 * (s.cohort_period) AS INTEGER)) AS DATE) AS cohort, s.size, i.first_index, i.last_index,
        count(DISTINCT w.unit) AS active,
        CAST(CAST(DATE '2000-01-03' - 0 + to_days(CAST(7 * (s.cohort_period + i.last_index + 1) AS INTEGER)) AS DATE) AS TIMESTAMP) <= local_as_of AS complete
    FROM sizes AS s
    CROSS JOIN indexes AS i
    CROSS JOIN watermark
    LEFT JOIN returns AS w ON w.cohort_period = s.cohort_period AND w.passed BETWEEN i.first_index AND i.last_index
    WHERE CAST(CAST(DATE '2000-01-03' - 0 + to_days(CAST(7 * (s.cohort_period + i.first_index) AS INTEGER)) AS DATE) AS TIMESTAMP) <= local_as_of
    GROUP BY ALL
)
-- Averages are over complete cells: sum of active / sum of cohort.
SELECT cohort, size, first_index, last_index, active, active / nullif(size, 0) AS share, complete
FROM cells
UNION ALL
SELECT NULL, sum(size), first_index, last_index, sum(active), sum(active) / nullif(sum(size), 0), true
FROM cells
WHERE complete
GROUP BY first_index, last_index
ORDER BY cohort NULLS FIRST, first_index, last_index
