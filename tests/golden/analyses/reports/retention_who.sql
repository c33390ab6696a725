-- Who is behind period 1 to 1 of the cohort of 2026-03-02.
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
-- Each once.
members AS (
    SELECT DISTINCT unit
    FROM returns
    WHERE cohort_period = CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(DATE '2026-03-02' AS DATE)) / 7) AS BIGINT) AND passed BETWEEN 1 AND 1
)
SELECT m.*, p.universal_user_id
FROM members AS m
LEFT JOIN (
    SELECT person_id, min(universal_user_id) AS universal_user_id
    FROM main.universal_alias_mapping
    GROUP BY person_id
) AS p ON p.person_id = m.unit
ORDER BY p.universal_user_id NULLS LAST, m.unit
