-- A funnel of 3 steps within 7d, any.
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
        AND (type <> 'track' OR event IN ('Order Completed', 'Product Added', 'Product Viewed'))
),
-- The events looked at, each with its person, with their local time.
events AS (
    SELECT *
    FROM (
        SELECT m.*, m.person_id AS unit, m.model_time + z.utc_offset AS local_time, p.properties
        FROM main.mapped_tracks AS m
        ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
        LEFT JOIN properties AS p ON p.source = m.source AND p.message_id = m.message_id
        WHERE m.person_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - 0 FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 168 HOUR FROM span)
    )
    WHERE (event = 'Product Viewed') OR (((event = 'Product Added') OR (event = 'Product Viewed' AND (properties->>'$.category') = 'Games'))) OR (event = 'Order Completed')
),
-- Which steps an event is, and its place among its unit's.
steps AS (
    SELECT
        unit,
        universal_user_id,
        model_time,
        CAST(local_time AS DATE) AS day,
        row_number() OVER (PARTITION BY unit ORDER BY model_time, received_at, batch_index, source, message_id) AS n,
        (event = 'Product Viewed') IS TRUE AS is_1,
        (((event = 'Product Added') OR (event = 'Product Viewed' AND (properties->>'$.category') = 'Games'))) IS TRUE AS is_2,
        (event = 'Order Completed') IS TRUE AS is_3,
        CAST(local_time AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span) AS starts
    FROM events
),
-- How many steps the window that begins with an event fills.
windows AS (
    SELECT
        *,
        least(2, 1 + count_if(is_1) OVER seen, 1 + count_if(is_2) OVER seen, 0 + count_if(is_1 OR is_2) OVER seen) + CAST(count_if(is_3) OVER seen > 0 AS INTEGER) AS level
    FROM steps
    WHERE (is_1 OR is_2 OR is_3)
    WINDOW seen AS (PARTITION BY unit ORDER BY model_time RANGE BETWEEN CURRENT ROW AND INTERVAL 168 HOUR FOLLOWING)
),
-- The first window that fills the most steps: none that fills as many is full sooner.
fullest AS (
    SELECT unit, level AS most, n AS from_n, model_time AS from_time
    FROM windows
    WHERE starts
    QUALIFY row_number() OVER (PARTITION BY unit ORDER BY level DESC, n) = 1
),
-- Its events, and how many steps it fills up to each.
filling AS (
    SELECT
        w.* EXCLUDE (level),
        f.most,
        least(2, 1 + count_if(is_1) OVER seen, 1 + count_if(is_2) OVER seen, 0 + count_if(is_1 OR is_2) OVER seen) + CAST(count_if(is_3) OVER seen > 0 AS INTEGER) AS level
    FROM windows AS w
    JOIN fullest AS f ON w.unit = f.unit AND w.n >= f.from_n AND w.model_time <= f.from_time + INTERVAL 168 HOUR
    WINDOW seen AS (PARTITION BY w.unit ORDER BY w.n)
),
-- The event with which each unit reached its level first.
ends AS (
    SELECT unit, most, n AS last_n
    FROM filling
    WHERE level = most
    QUALIFY row_number() OVER (PARTITION BY unit ORDER BY most DESC, n) = 1
),
-- How many steps are filled between each event before it and that one.
emptied AS (
    SELECT
        w.* EXCLUDE (level),
        least(2, 1 + count_if(is_1) OVER seen, 1 + count_if(is_2) OVER seen, 0 + count_if(is_1 OR is_2) OVER seen) + CAST(count_if(is_3) OVER seen > 0 AS INTEGER) AS level
    FROM filling AS w
    JOIN ends AS f ON w.unit = f.unit AND w.n <= f.last_n
    WINDOW seen AS (PARTITION BY w.unit ORDER BY w.n DESC)
),
-- The reported attempt: the latest start that reaches the level with that event.
attempts AS (
    SELECT unit, universal_user_id, level, model_time AS t_1
    FROM emptied
    WHERE starts AND level = most
    QUALIFY row_number() OVER (PARTITION BY unit ORDER BY n DESC) = 1
),
-- How many reached each step, and how long it took from the one before.
counted AS (
    SELECT 1 AS step, 'Product Viewed' AS name, count(*) FILTER (WHERE level >= 1) AS units, CAST(NULL AS DOUBLE) AS median_seconds, CAST(NULL AS DOUBLE) AS p90_seconds, count(*) FILTER (WHERE level >= 1 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 2 AS step, 'Product Added | Product Viewed{category=Games}' AS name, count(*) FILTER (WHERE level >= 2) AS units, CAST(NULL AS DOUBLE) AS median_seconds, CAST(NULL AS DOUBLE) AS p90_seconds, count(*) FILTER (WHERE level >= 2 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 3 AS step, 'Order Completed' AS name, count(*) FILTER (WHERE level >= 3) AS units, CAST(NULL AS DOUBLE) AS median_seconds, CAST(NULL AS DOUBLE) AS p90_seconds, count(*) FILTER (WHERE level >= 3 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
)
SELECT
    step,
    name,
    units,
    units / nullif(first_value(units) OVER steps_before, 0) AS share_of_first,
    units / nullif(lag(units, 1, units) OVER steps_before, 0) AS share_of_previous,
    median_seconds,
    p90_seconds,
    incomplete
FROM counted
WINDOW steps_before AS (ORDER BY step)
ORDER BY step
