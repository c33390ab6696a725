-- The days asked for.
days AS (
    SELECT CAST(t AS DATE) AS day
    FROM generate_series(CAST($from AS TIMESTAMP), CAST($to AS TIMESTAMP), INTERVAL 1 DAY) AS series (t)
),
-- Each day as instants of UTC: one piece per offset that the project's zone has on it.
pieces AS (
    SELECT
        d.day,
        greatest(CAST(d.day AS TIMESTAMP) - z.utc_offset, z.utc_from) AS starts,
        least(CAST(d.day + 1 AS TIMESTAMP) - z.utc_offset, z.utc_to) AS ends
    FROM days AS d
    JOIN main.zone_offsets AS z
        ON CAST(d.day AS TIMESTAMP) - z.utc_offset < z.utc_to
        AND CAST(d.day + 1 AS TIMESTAMP) - z.utc_offset > z.utc_from
),
-- The same pieces by each UTC day that they touch, so that rows find theirs by equality.
slots AS (
    SELECT p.day, p.starts, p.ends, CAST(p.starts AS DATE) + i AS utc_day
    FROM pieces AS p
    JOIN (VALUES (0), (1)) AS later (i) ON CAST(p.starts AS DATE) + i <= CAST(p.ends AS DATE)
),
