-- On how many days each was active.
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
-- The events looked at, each with its session, with their local time.
events AS (
    SELECT m.*, s.session_id AS unit, m.model_time + z.utc_offset AS local_time, s.session_id
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    JOIN main.tracks_sessions_map AS s ON s.source = m.source AND s.message_id = m.message_id
    WHERE s.session_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - 27 FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 0 HOUR FROM span)
        AND (is_activity)
),
-- On which days each was active.
active AS (
    SELECT DISTINCT unit, CAST(local_time AS DATE) AS day
    FROM events
),
-- How many days of the range each was active on.
per_unit AS (
    SELECT unit, count(*) AS active_days
    FROM active
    WHERE day BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)
    GROUP BY unit
)
SELECT active_days, count(*) AS units
FROM per_unit
GROUP BY active_days
ORDER BY active_days
