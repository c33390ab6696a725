-- Stickiness by day.
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
    WHERE m.person_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - 27 FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 0 HOUR FROM span)
        AND (is_activity)
),
-- On which days each was active.
active AS (
    SELECT DISTINCT unit, CAST(local_time AS DATE) AS day
    FROM events
),
-- The days asked for, as far as there are data.
days AS (
    SELECT CAST(unnest(generate_series(CAST(first_day AS TIMESTAMP), least(CAST(last_day AS TIMESTAMP), local_as_of), INTERVAL 1 DAY)) AS DATE) AS day
    FROM span, watermark
),
-- An active day counts for itself and the 27 after it, or until the next active day, which counts from then on.
stretches AS (
    SELECT day AS begins, least(day + 28, coalesce(lead(day) OVER (PARTITION BY unit ORDER BY day), day + 28)) AS ends
    FROM active
),
-- How many more, or fewer, count from a day on.
changes AS (
    SELECT day, sum(change) AS change
    FROM (SELECT begins AS day, 1 AS change FROM stretches UNION ALL SELECT ends, -1 FROM stretches)
    GROUP BY day
),
-- How many count on each day on which that changes.
trailing_counts AS (
    SELECT day, sum(change) OVER (ORDER BY day) AS units
    FROM changes
),
-- How many were active on each day.
daily AS (
    SELECT day, count(*) AS units
    FROM active
    GROUP BY day
),
-- Both, for each day asked for.
ratios AS (
    SELECT
        d.day, coalesce(a.units, 0) AS active, coalesce(t.units, 0) AS active_28, coalesce(a.units, 0) / nullif(t.units, 0) AS ratio,
        CAST(d.day + 1 AS TIMESTAMP) <= (SELECT local_as_of FROM watermark) AS complete
    FROM days AS d
    ASOF LEFT JOIN trailing_counts AS t ON d.day >= t.day
    LEFT JOIN daily AS a ON a.day = d.day
)
-- The mean is over days that are over; of decimals, so that it is the same in every order.
SELECT NULL AS day, NULL AS active, NULL AS active_28, avg(CAST(ratio AS DECIMAL(18, 15))) AS ratio, true AS complete
FROM ratios
WHERE complete
UNION ALL
SELECT day, active, active_28, ratio, complete
FROM ratios
ORDER BY day NULLS FIRST
