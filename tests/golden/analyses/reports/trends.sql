-- events by day.
WITH
-- What the newest build holds: all that was received up to then.
watermark AS (
    SELECT b.data_as_of, b.data_as_of + z.utc_offset AS local_as_of
    FROM (SELECT coalesce(data_as_of, TIMESTAMP '2000-01-01') AS data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS b
    JOIN main.zone_offsets AS z ON b.data_as_of >= z.utc_from AND b.data_as_of < z.utc_to
),
-- The local days asked for, both inclusive.
span AS (
    SELECT CAST(local_as_of AS DATE) - 27 AS first_day, CAST(local_as_of AS DATE) AS last_day
    FROM watermark
),
-- The whole periods that the days touch, numbered; as many before are for comparison.
periods AS (
    SELECT
        CAST(DATE '2000-01-01' + to_days(CAST(i AS INTEGER)) AS DATE) AS period,
        i < first_period AS is_previous,
        i - first_period + CASE WHEN i < first_period THEN 0 ELSE 0 END + 1 AS number,
        CAST(CAST(DATE '2000-01-01' + to_days(CAST(i + 1 AS INTEGER)) AS DATE) AS TIMESTAMP) <= local_as_of AS complete
    FROM (
        SELECT first_period, last_period, local_as_of, unnest(generate_series(first_period - 0, last_period)) AS i
        FROM (
            SELECT
                date_diff('day', DATE '2000-01-01', CAST(first_day AS DATE)) AS first_period,
                date_diff('day', DATE '2000-01-01', CAST(last_day AS DATE)) AS last_period,
                local_as_of
            FROM span, watermark
        )
    )
),
-- The events looked at, with their local time.
events AS (
    SELECT m.*, m.message_id AS unit, m.model_time + z.utc_offset AS local_time
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.message_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - (0) FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 0 DAY FROM span)
        AND (is_activity)
),
-- What is counted, by period.
measured AS (
    SELECT
        CAST(local_time AS DATE) AS period,
        count(*) FILTER (WHERE (is_activity)) AS value
    FROM events
    GROUP BY ALL
),
-- Every period, those without events too.
filled AS (
    SELECT p.*, coalesce(m.value, 0) AS value
    FROM periods AS p
    LEFT JOIN measured AS m ON m.period = p.period
)
SELECT period, value, complete
FROM filled
ORDER BY period
