-- Active people and raw ids by local day, and over the whole range (the row whose day is NULL).
-- $from, $to: first and last local day. $source: one source, or NULL for all.
-- $until: an instant of UTC to stop at, or NULL. $blocked: identifiers that are treated as absent.
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
-- The same pieces by each UTC day that they touch, so that events find theirs by equality.
slots AS (
    SELECT p.day, p.starts, p.ends, CAST(p.starts AS DATE) + i AS utc_day
    FROM pieces AS p
    JOIN (VALUES (0), (1)) AS later (i) ON CAST(p.starts AS DATE) + i <= CAST(p.ends AS DATE)
),
-- Who was there on which day, under which identifiers, by their numbers. Events without a person count in neither number.
seen AS (
    SELECT DISTINCT s.day, t.person_id, t.user_number, t.anonymous_number
    FROM main.numbered_tracks AS t
    JOIN slots AS s
        ON CAST(t.model_time AS DATE) = s.utc_day
        AND t.model_time >= s.starts
        AND t.model_time < s.ends
    WHERE t.is_activity
        AND t.person_id IS NOT NULL
        AND ($source IS NULL OR t.source = $source)
        AND ($until IS NULL OR t.model_time < $until)
),
-- The texts of these identifiers; user ids also as they are compared with the blocked list.
bare AS (
    SELECT s.day, s.person_id, a.alias AS anonymous_id, u.alias AS user_id, lower(trim(u.alias, E' \t\r\n')) AS bare_id
    FROM seen AS s
    LEFT JOIN clew.identifiers AS a ON a.id = s.anonymous_number
    LEFT JOIN clew.identifiers AS u ON u.id = s.user_number
),
-- The raw id: the user id where it is one, else the anonymous id.
known AS (
    SELECT
        day,
        person_id,
        CASE
            WHEN trim(bare_id, '0-') = '' OR list_contains(CAST($blocked AS VARCHAR[]), bare_id) THEN anonymous_id
            ELSE coalesce(user_id, anonymous_id)
        END AS raw_id
    FROM bare
)
SELECT
    day,
    count(DISTINCT person_id) AS people,
    count(DISTINCT raw_id) AS raw_ids
FROM known
GROUP BY GROUPING SETS ((day), ())
ORDER BY day NULLS FIRST;
