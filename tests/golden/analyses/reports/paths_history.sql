-- Paths, steps.
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
-- What the events came with.
properties AS (
    SELECT source, message_id, payload AS properties
    FROM clew.events
    WHERE type IN ('track', 'page', 'screen')
),
-- The events looked at, each with its person, with their local time.
events AS (
    SELECT *
    FROM (
        SELECT m.*, m.person_id AS unit, m.model_time + z.utc_offset AS local_time, p.properties
        FROM main.mapped_tracks AS m
        ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
        LEFT JOIN properties AS p ON p.source = m.source AND p.message_id = m.message_id
        WHERE m.person_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - 1 FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 0 HOUR FROM span)
    )
    WHERE is_activity OR (event = 'Order Completed')
),
-- Those of the days asked for, in order.
ranged AS (
    SELECT
        unit, coalesce((properties->>'$.category'), event) AS name, is_activity AS is_step, (event = 'Order Completed') AS is_goal,
        model_time, row_number() OVER (PARTITION BY unit ORDER BY model_time, received_at, batch_index, source, message_id) AS n
    FROM events
    WHERE CAST(local_time AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)
),
-- Who has the goal.
goals AS (
    SELECT DISTINCT unit FROM ranged WHERE is_goal
),
-- What paths are made of.
named AS (
    SELECT unit, name, n FROM ranged WHERE is_step AND name IS NOT NULL
),
-- Each step of each path.
numbered AS (
    SELECT unit, name, row_number() OVER (PARTITION BY unit ORDER BY n) AS step
    FROM named
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
    SELECT unit, max(step) + 1, '(no more yet)'
    FROM cut
    GROUP BY unit
    HAVING max(step) < 5
)
SELECT
    step, name, count(*) AS paths,
    count(*) / (SELECT count(DISTINCT unit) FROM walked) AS share_of_all
FROM walked
GROUP BY step, name
ORDER BY step, paths DESC, name
