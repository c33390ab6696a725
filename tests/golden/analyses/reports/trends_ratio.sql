-- events by hour.
WITH
-- What the newest build holds: all that was received up to then.
watermark AS (
    SELECT b.data_as_of, b.data_as_of + z.utc_offset AS local_as_of
    FROM (SELECT coalesce(data_as_of, TIMESTAMP '2000-01-01') AS data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS b
    JOIN main.zone_offsets AS z ON b.data_as_of >= z.utc_from AND b.data_as_of < z.utc_to
),
-- The local days asked for, both inclusive.
span AS (
    SELECT DATE '2026-03-29' AS first_day, DATE '2026-03-29' AS last_day
    FROM watermark
),
-- The local hours by their start in UTC, since a local hour may come twice; those of the days before are for comparison.
periods AS (
    SELECT
        period, is_previous,
        row_number() OVER (PARTITION BY is_previous ORDER BY period) AS number,
        period + INTERVAL 1 HOUR <= (SELECT data_as_of FROM watermark) AS complete
    FROM (
        SELECT DISTINCT date_trunc('hour', t + z.utc_offset) - z.utc_offset AS period, CAST(t + z.utc_offset AS DATE) < first_day AS is_previous
        FROM (
            SELECT
                first_day, last_day,
                unnest(generate_series(CAST(first_day - 1 - (0) AS TIMESTAMP), CAST(last_day + 2 AS TIMESTAMP), INTERVAL 15 MINUTE)) AS t
            FROM span
        )
        ASOF JOIN main.zone_offsets AS z ON t >= z.utc_from
        WHERE CAST(t + z.utc_offset AS DATE) BETWEEN first_day - (0) AND last_day
    )
),
-- The events looked at, with their local time.
events AS (
    SELECT m.*, m.message_id AS unit, m.model_time + z.utc_offset AS local_time
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.message_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - (0) FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 0 DAY FROM span)
        AND ((event = 'Order Completed') OR (event = 'Product Viewed'))
),
-- What is counted, by period.
measured AS (
    SELECT
        date_trunc('hour', local_time) - (local_time - model_time) AS period,
        count(*) FILTER (WHERE ((event = 'Order Completed'))) / nullif(count(*) FILTER (WHERE ((event = 'Product Viewed'))), 0) AS value
    FROM events
    GROUP BY ALL
),
-- Every period, those without events too.
filled AS (
    SELECT p.*, m.value
    FROM periods AS p
    LEFT JOIN measured AS m ON m.period = p.period
)
SELECT period, value, complete
FROM filled
ORDER BY period
