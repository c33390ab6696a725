-- Paths, sequences.
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
    WHERE s.session_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - 1 FROM span)
        AND (is_activity)
),
-- Those of the days asked for, in order; a session counts on the day it starts.
ranged AS (
    SELECT
        unit, event AS name, is_activity AS is_step, false AS is_goal,
        model_time, row_number() OVER (PARTITION BY unit ORDER BY model_time, received_at, batch_index, source, message_id) AS n
    FROM events
    WHERE unit IN (SELECT session_id FROM main.session_facts WHERE CAST(session_start + (
        SELECT z.utc_offset FROM main.zone_offsets AS z WHERE session_start >= z.utc_from AND session_start < z.utc_to
    ) AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span))
),
-- Who has the goal.
goals AS (
    SELECT DISTINCT unit FROM ranged WHERE is_goal
),
-- What paths are made of.
named AS (
    SELECT unit, name, n FROM ranged WHERE is_step AND name IS NOT NULL
),
-- A name that repeats counts once.
collapsed AS (
    SELECT *
    FROM named
    QUALIFY lag(name) OVER (PARTITION BY unit ORDER BY n) IS DISTINCT FROM name
),
-- Each step of each path.
numbered AS (
    SELECT unit, name, row_number() OVER (PARTITION BY unit ORDER BY n) AS step
    FROM collapsed
),
-- No path is longer than 5.
cut AS (
    SELECT * FROM numbered WHERE step <= 5
),
-- Names by how often they stand at a step.
ranks AS (
    SELECT step, name, row_number() OVER (PARTITION BY step ORDER BY count(*) DESC, name) AS rank
    FROM cut
    GROUP BY step, name
),
-- The rest goes as (other). A path that ends before the depth says so.
walked AS (
    SELECT c.unit, c.step, CASE WHEN r.rank <= 20 THEN c.name ELSE '(other)' END AS name
    FROM cut AS c
    JOIN ranks AS r ON r.step = c.step AND r.name = c.name
    UNION ALL
    SELECT unit, max(step) + 1, '(exit)'
    FROM cut
    GROUP BY unit
    HAVING max(step) < 5
),
-- Each path as a list.
sequences AS (
    SELECT
        unit,
        list_filter([
            max(name) FILTER (WHERE step = 1),
            max(name) FILTER (WHERE step = 2),
            max(name) FILTER (WHERE step = 3),
            max(name) FILTER (WHERE step = 4),
            max(name) FILTER (WHERE step = 5)
        ], lambda name: name IS NOT NULL) AS path
    FROM walked
    GROUP BY unit
)
SELECT
    s.path,
    count(*) AS paths,
    count(*) / sum(count(*)) OVER () AS share,
    count(g.unit) / count(*) AS reached_goal
FROM sequences AS s
LEFT JOIN goals AS g ON g.unit = s.unit
GROUP BY s.path
ORDER BY paths DESC, s.path
