-- people by week.
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
-- The whole periods that the days touch, numbered; as many before are for comparison.
periods AS (
    SELECT
        CAST(DATE '2000-01-03' - 0 + to_days(CAST(7 * (i) AS INTEGER)) AS DATE) AS period,
        i < first_period AS is_previous,
        i - first_period + CASE WHEN i < first_period THEN (last_period - first_period + 1) ELSE 0 END + 1 AS number,
        CAST(CAST(DATE '2000-01-03' - 0 + to_days(CAST(7 * (i + 1) AS INTEGER)) AS DATE) AS TIMESTAMP) <= local_as_of AS complete
    FROM (
        SELECT first_period, last_period, local_as_of, unnest(generate_series(first_period - (last_period - first_period + 1), last_period)) AS i
        FROM (
            SELECT
                CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(first_day AS DATE)) / 7) AS BIGINT) AS first_period,
                CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(last_day AS DATE)) / 7) AS BIGINT) AS last_period,
                local_as_of
            FROM span, watermark
        )
    )
),
-- What the events came with.
properties AS (
    SELECT source, message_id, payload AS properties
    FROM clew.events
    WHERE type IN ('track', 'page', 'screen')
        AND (type <> 'track' OR event IN ('Product Viewed'))
),
-- The events looked at, with their local time.
events AS (
    SELECT *
    FROM (
        SELECT m.*, m.message_id AS unit, m.model_time + z.utc_offset AS local_time, p.properties
        FROM main.mapped_tracks AS m
        ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
        LEFT JOIN properties AS p ON p.source = m.source AND p.message_id = m.message_id
        WHERE m.message_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - (CAST(last_day - first_day + 1 + 3 * 7 AS INTEGER)) FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 7 DAY FROM span)
    )
    WHERE (event = 'Product Viewed')
),
-- What is counted, by period.
measured AS (
    SELECT
        CAST(date_trunc('week', local_time) AS DATE) AS period,
        (properties->>'$.category') AS by_value,
        count(DISTINCT person_id) FILTER (WHERE ((event = 'Product Viewed'))) AS value
    FROM events
    GROUP BY ALL
),
-- Every period with every value, those without events too.
filled AS (
    SELECT p.*, v.by_value, coalesce(m.value, 0) AS value
    FROM periods AS p
    CROSS JOIN (SELECT DISTINCT m.by_value FROM measured AS m JOIN periods AS p ON p.period = m.period) AS v
    LEFT JOIN measured AS m ON m.period = p.period AND m.by_value IS NOT DISTINCT FROM v.by_value
)
SELECT now.period, now.by_value, now.value, before.value AS previous, now.complete
FROM filled AS now
LEFT JOIN filled AS before ON before.is_previous AND before.number = now.number AND before.by_value IS NOT DISTINCT FROM now.by_value
WHERE NOT now.is_previous
ORDER BY now.period, now.by_value NULLS LAST
