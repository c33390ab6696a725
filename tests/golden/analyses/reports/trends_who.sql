-- Who is behind people in the day of 2026-03-03 00:00:00.
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
-- The events looked at, with their local time.
events AS (
    SELECT m.*, m.message_id AS unit, m.model_time + z.utc_offset AS local_time
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.message_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - (0) FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 0 DAY FROM span)
        AND (is_activity)
),
-- Each once.
members AS (
    SELECT person_id AS unit, count(*) AS events
    FROM events
    WHERE (is_activity) AND CAST(local_time AS DATE) = DATE '2026-03-03' AND person_id IS NOT NULL
    GROUP BY person_id
)
SELECT m.*, p.universal_user_id
FROM members AS m
LEFT JOIN (
    SELECT person_id, min(universal_user_id) AS universal_user_id
    FROM main.universal_alias_mapping
    GROUP BY person_id
) AS p ON p.person_id = m.unit
ORDER BY p.universal_user_id NULLS LAST, m.unit
