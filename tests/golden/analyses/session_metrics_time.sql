-- Sessions, and what is counted and measured of them, by period, and over the whole range (the row whose period is NULL).
-- $from, $to: first and last local day. $until: an instant of UTC to stop at, or NULL.
-- $grain: 'day', 'week' or 'month'. $week_shift: days that weeks start before Monday.
-- $shift: days added to each day before it is put into a period, to lay an earlier range upon a later one.
-- $channel: Channel of the sessions asked for; '' is none.
-- $landing: Landing page of the sessions asked for; '' is none.
WITH
-- The days asked for, each with the first day of its period.
days AS (
    SELECT
        CAST(t AS DATE) AS day,
        CAST(CASE $grain
            WHEN 'day' THEN CAST(t AS DATE) + $shift
            WHEN 'month' THEN date_trunc('month', CAST(t AS DATE) + $shift)
            ELSE date_trunc('week', CAST(t AS DATE) + $shift + $week_shift) - to_days($week_shift)
        END AS DATE) AS period
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
-- Sessions of the range, dated by their start. Durations in whole microseconds, so that their sum does not depend on the order of adding.
dated AS (
    SELECT
        s.period,
        f.is_bounced,
        f.person_id, f.is_first_session, f.events, f.duration_seconds,
        CAST(round(f.duration_seconds * 1000000) AS BIGINT) AS duration_us
    FROM main.session_facts AS f
    JOIN slots AS s
        ON CAST(f.session_start AS DATE) = s.utc_day
        AND f.session_start >= s.starts
        AND f.session_start < s.ends
    WHERE ($until IS NULL OR f.session_start < $until)
        AND coalesce(f.channel, '') = $channel
        AND coalesce(f.landing_page, '') = $landing
)
SELECT
    period,
    count(*) AS sessions,
    count(*) FILTER (WHERE is_bounced) AS bounced,
    count(DISTINCT person_id) AS people,
    -- A person has one first session: so many first sessions, so many new people.
    count(*) FILTER (WHERE is_first_session) AS new_people,
    CAST(sum(events) AS BIGINT) AS events,
    CAST(sum(duration_us) AS BIGINT) AS duration_us,
    -- Nearest rank: the smallest duration that at least half of the sessions do not exceed.
    quantile_disc(duration_seconds, 0.5) AS median_seconds
FROM dated
GROUP BY GROUPING SETS ((period), ())
ORDER BY period NULLS FIRST;
