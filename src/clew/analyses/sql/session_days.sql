-- The days asked for{% if by_period %}, each with the first day of its period{% endif %}.
days AS (
    SELECT
        CAST(t AS DATE) AS day{% if by_period %},
        CAST(CASE $grain
            WHEN 'day' THEN CAST(t AS DATE) + $shift
            WHEN 'month' THEN date_trunc('month', CAST(t AS DATE) + $shift)
            ELSE date_trunc('week', CAST(t AS DATE) + $shift + $week_shift) - to_days($week_shift)
        END AS DATE) AS period{% endif %}

    FROM generate_series(CAST($from AS TIMESTAMP), CAST($to AS TIMESTAMP), INTERVAL 1 DAY) AS series (t)
),
-- Each day as instants of UTC: one piece per offset that the project's zone has on it.
pieces AS (
    SELECT
        d.*,
        greatest(CAST(d.day AS TIMESTAMP) - z.utc_offset, z.utc_from) AS starts,
        least(CAST(d.day + 1 AS TIMESTAMP) - z.utc_offset, z.utc_to) AS ends
    FROM days AS d
    JOIN main.zone_offsets AS z
        ON CAST(d.day AS TIMESTAMP) - z.utc_offset < z.utc_to
        AND CAST(d.day + 1 AS TIMESTAMP) - z.utc_offset > z.utc_from
),
-- The same pieces by each UTC day that they touch, so that sessions find theirs by equality.
slots AS (
    SELECT p.*, CAST(p.starts AS DATE) + i AS utc_day
    FROM pieces AS p
    JOIN (VALUES (0), (1)) AS later (i) ON CAST(p.starts AS DATE) + i <= CAST(p.ends AS DATE)
),
