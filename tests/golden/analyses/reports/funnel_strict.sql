-- A funnel of 3 steps within 7d, strict.
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
    WHERE (event = 'Product Viewed') OR (event = 'Product Added' AND (properties->>'$.category') = 'Games') OR (event = 'Order Completed')
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
        (event = 'Product Added' AND (properties->>'$.category') = 'Games') IS TRUE AS is_2,
        (event = 'Order Completed') IS TRUE AS is_3,
        CAST(local_time AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span) AS starts
    FROM events
),
-- The place of the last event before it that must not come between.
barred AS (
    SELECT
        *,
        max(CASE WHEN is_2 OR is_3 THEN n END) OVER earlier AS bar_other_than_1,
        max(CASE WHEN is_1 OR is_3 THEN n END) OVER earlier AS bar_other_than_2
    FROM steps
    WINDOW earlier AS (PARTITION BY unit ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- Step 1: Product Viewed.
reached_1 AS (
    SELECT unit, universal_user_id, n AS n_1, model_time AS t_1
    FROM barred
    WHERE is_1 AND starts
),
-- Step 2: Product Added{category=Games}, after the latest event that reached step 1.
reached_2 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.t_1, e.n AS n_2, e.model_time AS t_2, e.bar_other_than_1
    FROM (SELECT * FROM barred WHERE is_2) AS e
    ASOF JOIN reached_1 AS r ON e.unit = r.unit AND e.n > r.n_1
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR AND r.n_1 >= coalesce(e.bar_other_than_1, 0)
),
-- Step 3: Order Completed, after the latest event that reached step 2.
reached_3 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.n_2, r.t_1, e.n AS n_3, e.model_time AS t_3, e.bar_other_than_2
    FROM (SELECT * FROM barred WHERE is_3) AS e
    ASOF JOIN reached_2 AS r ON e.unit = r.unit AND e.n > r.n_2
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR AND r.n_2 >= coalesce(e.bar_other_than_2, 0)
),
-- The reported attempt: the first to reach the farthest step.
best AS (
    SELECT *
    FROM (
        SELECT unit, universal_user_id, 1 AS level, n_1, t_1, n_1 AS last_n, t_1 AS last_t, NULL AS bar_other_than_2_to_3 FROM reached_1
        UNION ALL
        SELECT unit, universal_user_id, 2 AS level, n_1, t_1, n_2 AS last_n, t_2 AS last_t, NULL AS bar_other_than_2_to_3 FROM reached_2
        UNION ALL
        SELECT unit, universal_user_id, 3 AS level, n_1, t_1, n_3 AS last_n, t_3 AS last_t, bar_other_than_2 AS bar_other_than_2_to_3 FROM reached_3
    )
    QUALIFY row_number() OVER (PARTITION BY unit ORDER BY level DESC, last_n) = 1
),
-- Step 3 of each attempt, where it ends there.
earliest_3 AS (
    SELECT *, CASE WHEN level = 3 THEN last_n END AS n_3, CASE WHEN level = 3 THEN last_t END AS t_3
    FROM best
),
-- Step 2 of each attempt: its end, or the earliest event that leads from its start to its step 3.
attempts AS (
    SELECT
        a.*,
        CASE WHEN a.level = 2 THEN a.last_n ELSE m.n_2 END AS n_2,
        CASE WHEN a.level = 2 THEN a.last_t ELSE m.t_2 END AS t_2
    FROM earliest_3 AS a
    LEFT JOIN (
        SELECT a.unit, min(r.n_2) AS n_2, min(r.t_2) AS t_2
        FROM earliest_3 AS a
        JOIN reached_2 AS r ON r.unit = a.unit AND r.n_1 = a.n_1
        WHERE a.level > 2 AND r.n_2 < a.n_3 AND r.n_2 >= coalesce(a.bar_other_than_2_to_3, 0)
        GROUP BY ALL
    ) AS m ON m.unit = a.unit
),
-- How many reached each step, and how long it took from the one before.
counted AS (
    SELECT 1 AS step, 'Product Viewed' AS name, count(*) FILTER (WHERE level >= 1) AS units, CAST(NULL AS DOUBLE) AS median_seconds, CAST(NULL AS DOUBLE) AS p90_seconds, count(*) FILTER (WHERE level >= 1 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 2 AS step, 'Product Added{category=Games}' AS name, count(*) FILTER (WHERE level >= 2) AS units, quantile_disc(CASE WHEN level >= 2 THEN epoch_us(t_2 - t_1) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 2 THEN epoch_us(t_2 - t_1) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 2 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 3 AS step, 'Order Completed' AS name, count(*) FILTER (WHERE level >= 3) AS units, quantile_disc(CASE WHEN level >= 3 THEN epoch_us(t_3 - t_2) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 3 THEN epoch_us(t_3 - t_2) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 3 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
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
