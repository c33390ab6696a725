-- Sessions and bounced sessions by local day, and over the whole range (the row whose day is NULL).
-- $from, $to: first and last local day. $source: one source, or NULL for all.
-- $until: an instant of UTC to stop at, or NULL.
WITH
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
-- The same pieces by each UTC day that they touch, so that sessions find theirs by equality.
slots AS (
    SELECT p.day, p.starts, p.ends, CAST(p.starts AS DATE) + i AS utc_day
    FROM pieces AS p
    JOIN (VALUES (0), (1)) AS later (i) ON CAST(p.starts AS DATE) + i <= CAST(p.ends AS DATE)
),
-- Sessions of the range, dated by their start.
dated AS (
    SELECT s.day, f.is_bounced
    FROM main.session_facts AS f
    JOIN slots AS s
        ON CAST(f.session_start AS DATE) = s.utc_day
        AND f.session_start >= s.starts
        AND f.session_start < s.ends
    WHERE ($source IS NULL OR f.source = $source)
        AND ($until IS NULL OR f.session_start < $until)
)
SELECT
    day,
    count(*) AS sessions,
    count(*) FILTER (WHERE is_bounced) AS bounced
FROM dated
GROUP BY GROUPING SETS ((day), ())
ORDER BY day NULLS FIRST;
