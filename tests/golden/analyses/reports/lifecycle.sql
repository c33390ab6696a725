-- Lifecycle by week.
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
-- In which periods each was active.
active AS (
    SELECT DISTINCT unit, CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(local_time AS DATE)) / 7) AS BIGINT) AS period
    FROM events
),
-- Each such period, with the one before it and the one after it in which the same was active.
with_before AS (
    SELECT
        unit, period,
        lag(period) OVER (PARTITION BY unit ORDER BY period) AS previous,
        lead(period) OVER (PARTITION BY unit ORDER BY period) AS following
    FROM active
),
-- New: never before. Returning: in the period before too. Resurrected: before, but not then. Dormant: in the period before, not in this.
states AS (
    SELECT unit, period, CASE WHEN previous IS NULL THEN 'new' WHEN previous = period - 1 THEN 'returning' ELSE 'resurrected' END AS state
    FROM with_before
    UNION ALL
    SELECT unit, period + 1, 'dormant'
    FROM with_before
    WHERE following IS NULL OR following > period + 1
),
-- How many of each.
counted AS (
    SELECT period, state, count(*) AS units
    FROM states
    GROUP BY ALL
),
-- The whole periods that the days touch.
shown AS (
    SELECT i AS number, CAST(DATE '2000-01-03' - 0 + to_days(CAST(7 * (i) AS INTEGER)) AS DATE) AS period, CAST(CAST(DATE '2000-01-03' - 0 + to_days(CAST(7 * (i + 1) AS INTEGER)) AS DATE) AS TIMESTAMP) <= local_as_of AS complete
    FROM (
        SELECT local_as_of, unnest(generate_series(CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(first_day AS DATE)) / 7) AS BIGINT), CAST(floor(date_diff('day', DATE '2000-01-03' - 0, CAST(last_day AS DATE)) / 7) AS BIGINT))) AS i
        FROM span, watermark
    )
)
SELECT
    s.period,
    coalesce(sum(c.units) FILTER (WHERE c.state = 'new'), 0) AS new,
    coalesce(sum(c.units) FILTER (WHERE c.state = 'returning'), 0) AS returning,
    coalesce(sum(c.units) FILTER (WHERE c.state = 'resurrected'), 0) AS resurrected,
    CASE WHEN s.complete THEN coalesce(sum(c.units) FILTER (WHERE c.state = 'dormant'), 0) END AS dormant,
    s.complete
FROM shown AS s
LEFT JOIN counted AS c ON c.period = s.number
GROUP BY s.period, s.complete
ORDER BY s.period
