-- A funnel of 7 steps within 7d, ordered.
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
-- The events looked at, each with its person, with their local time.
events AS (
    SELECT m.*, m.person_id AS unit, m.model_time + z.utc_offset AS local_time
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.person_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - 0 FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 168 HOUR FROM span)
        AND ((event = 'Page Viewed') OR (event = 'Product Viewed') OR (event = 'Product Added') OR (event = 'Checkout Started') OR (event = 'Payment Entered') OR (event = 'Order Completed') OR (event = 'Order Rated'))
),
-- Which steps an event is, and its place among its unit's.
steps AS (
    SELECT
        unit,
        universal_user_id,
        model_time,
        CAST(local_time AS DATE) AS day,
        row_number() OVER (PARTITION BY unit ORDER BY model_time, received_at, batch_index, source, message_id) AS n,
        (event = 'Page Viewed') IS TRUE AS is_1,
        (event = 'Product Viewed') IS TRUE AS is_2,
        (event = 'Product Added') IS TRUE AS is_3,
        (event = 'Checkout Started') IS TRUE AS is_4,
        (event = 'Payment Entered') IS TRUE AS is_5,
        (event = 'Order Completed') IS TRUE AS is_6,
        (event = 'Order Rated') IS TRUE AS is_7,
        CAST(local_time AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span) AS starts
    FROM events
),
-- Step 1: Page Viewed.
reached_1 AS (
    SELECT unit, universal_user_id, n AS n_1, model_time AS t_1
    FROM steps
    WHERE is_1 AND starts
),
-- Step 2: Product Viewed, after the latest event that reached step 1.
reached_2 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.t_1, e.n AS n_2, e.model_time AS t_2
    FROM (SELECT * FROM steps WHERE is_2) AS e
    ASOF JOIN reached_1 AS r ON e.unit = r.unit AND e.n > r.n_1
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR
),
-- Step 3: Product Added, after the latest event that reached step 2.
reached_3 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.n_2, r.t_1, e.n AS n_3, e.model_time AS t_3
    FROM (SELECT * FROM steps WHERE is_3) AS e
    ASOF JOIN reached_2 AS r ON e.unit = r.unit AND e.n > r.n_2
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR
),
-- Step 4: Checkout Started, after the latest event that reached step 3.
reached_4 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.n_2, r.n_3, r.t_1, e.n AS n_4, e.model_time AS t_4
    FROM (SELECT * FROM steps WHERE is_4) AS e
    ASOF JOIN reached_3 AS r ON e.unit = r.unit AND e.n > r.n_3
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR
),
-- Step 5: Payment Entered, after the latest event that reached step 4.
reached_5 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.n_2, r.n_3, r.n_4, r.t_1, e.n AS n_5, e.model_time AS t_5
    FROM (SELECT * FROM steps WHERE is_5) AS e
    ASOF JOIN reached_4 AS r ON e.unit = r.unit AND e.n > r.n_4
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR
),
-- Step 6: Order Completed, after the latest event that reached step 5.
reached_6 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.n_2, r.n_3, r.n_4, r.n_5, r.t_1, e.n AS n_6, e.model_time AS t_6
    FROM (SELECT * FROM steps WHERE is_6) AS e
    ASOF JOIN reached_5 AS r ON e.unit = r.unit AND e.n > r.n_5
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR
),
-- Step 7: Order Rated, after the latest event that reached step 6.
reached_7 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.n_2, r.n_3, r.n_4, r.n_5, r.n_6, r.t_1, e.n AS n_7, e.model_time AS t_7
    FROM (SELECT * FROM steps WHERE is_7) AS e
    ASOF JOIN reached_6 AS r ON e.unit = r.unit AND e.n > r.n_6
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR
),
-- The reported attempt: the first to reach the farthest step.
best AS (
    SELECT *
    FROM (
        SELECT unit, universal_user_id, 1 AS level, n_1, t_1, n_1 AS last_n, t_1 AS last_t FROM reached_1
        UNION ALL
        SELECT unit, universal_user_id, 2 AS level, n_1, t_1, n_2 AS last_n, t_2 AS last_t FROM reached_2
        UNION ALL
        SELECT unit, universal_user_id, 3 AS level, n_1, t_1, n_3 AS last_n, t_3 AS last_t FROM reached_3
        UNION ALL
        SELECT unit, universal_user_id, 4 AS level, n_1, t_1, n_4 AS last_n, t_4 AS last_t FROM reached_4
        UNION ALL
        SELECT unit, universal_user_id, 5 AS level, n_1, t_1, n_5 AS last_n, t_5 AS last_t FROM reached_5
        UNION ALL
        SELECT unit, universal_user_id, 6 AS level, n_1, t_1, n_6 AS last_n, t_6 AS last_t FROM reached_6
        UNION ALL
        SELECT unit, universal_user_id, 7 AS level, n_1, t_1, n_7 AS last_n, t_7 AS last_t FROM reached_7
    )
    QUALIFY row_number() OVER (PARTITION BY unit ORDER BY level DESC, last_n) = 1
),
-- Step 7 of each attempt, where it ends there.
earliest_7 AS (
    SELECT *, CASE WHEN level = 7 THEN last_n END AS n_7, CASE WHEN level = 7 THEN last_t END AS t_7
    FROM best
),
-- Step 6 of each attempt: its end, or the earliest event that leads from its start to its step 7.
earliest_6 AS (
    SELECT
        a.*,
        CASE WHEN a.level = 6 THEN a.last_n ELSE m.n_6 END AS n_6,
        CASE WHEN a.level = 6 THEN a.last_t ELSE m.t_6 END AS t_6
    FROM earliest_7 AS a
    LEFT JOIN (
        SELECT a.unit, min(r.n_6) AS n_6, min(r.t_6) AS t_6
        FROM earliest_7 AS a
        JOIN reached_6 AS r ON r.unit = a.unit AND r.n_1 = a.n_1
        WHERE a.level > 6 AND r.n_6 < a.n_7
        GROUP BY ALL
    ) AS m ON m.unit = a.unit
),
-- Step 5 of each attempt: its end, or the earliest event that leads from its start to its step 6.
earliest_5 AS (
    SELECT
        a.*,
        CASE WHEN a.level = 5 THEN a.last_n ELSE m.n_5 END AS n_5,
        CASE WHEN a.level = 5 THEN a.last_t ELSE m.t_5 END AS t_5
    FROM earliest_6 AS a
    LEFT JOIN (
        SELECT a.unit, min(r.n_5) AS n_5, min(r.t_5) AS t_5
        FROM earliest_6 AS a
        JOIN reached_5 AS r ON r.unit = a.unit AND r.n_1 = a.n_1
        WHERE a.level > 5 AND r.n_5 < a.n_6
        GROUP BY ALL
    ) AS m ON m.unit = a.unit
),
-- Step 4 of each attempt: its end, or the earliest event that leads from its start to its step 5.
earliest_4 AS (
    SELECT
        a.*,
        CASE WHEN a.level = 4 THEN a.last_n ELSE m.n_4 END AS n_4,
        CASE WHEN a.level = 4 THEN a.last_t ELSE m.t_4 END AS t_4
    FROM earliest_5 AS a
    LEFT JOIN (
        SELECT a.unit, min(r.n_4) AS n_4, min(r.t_4) AS t_4
        FROM earliest_5 AS a
        JOIN reached_4 AS r ON r.unit = a.unit AND r.n_1 = a.n_1
        WHERE a.level > 4 AND r.n_4 < a.n_5
        GROUP BY ALL
    ) AS m ON m.unit = a.unit
),
-- Step 3 of each attempt: its end, or the earliest event that leads from its start to its step 4.
earliest_3 AS (
    SELECT
        a.*,
        CASE WHEN a.level = 3 THEN a.last_n ELSE m.n_3 END AS n_3,
        CASE WHEN a.level = 3 THEN a.last_t ELSE m.t_3 END AS t_3
    FROM earliest_4 AS a
    LEFT JOIN (
        SELECT a.unit, min(r.n_3) AS n_3, min(r.t_3) AS t_3
        FROM earliest_4 AS a
        JOIN reached_3 AS r ON r.unit = a.unit AND r.n_1 = a.n_1
        WHERE a.level > 3 AND r.n_3 < a.n_4
        GROUP BY ALL
    ) AS m ON m.unit = a.unit
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
        WHERE a.level > 2 AND r.n_2 < a.n_3
        GROUP BY ALL
    ) AS m ON m.unit = a.unit
),
-- How many reached each step, and how long it took from the one before.
counted AS (
    SELECT 1 AS step, 'Page Viewed' AS name, count(*) FILTER (WHERE level >= 1) AS units, CAST(NULL AS DOUBLE) AS median_seconds, CAST(NULL AS DOUBLE) AS p90_seconds, count(*) FILTER (WHERE level >= 1 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 2 AS step, 'Product Viewed' AS name, count(*) FILTER (WHERE level >= 2) AS units, quantile_disc(CASE WHEN level >= 2 THEN epoch_us(t_2 - t_1) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 2 THEN epoch_us(t_2 - t_1) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 2 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 3 AS step, 'Product Added' AS name, count(*) FILTER (WHERE level >= 3) AS units, quantile_disc(CASE WHEN level >= 3 THEN epoch_us(t_3 - t_2) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 3 THEN epoch_us(t_3 - t_2) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 3 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 4 AS step, 'Checkout Started' AS name, count(*) FILTER (WHERE level >= 4) AS units, quantile_disc(CASE WHEN level >= 4 THEN epoch_us(t_4 - t_3) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 4 THEN epoch_us(t_4 - t_3) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 4 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 5 AS step, 'Payment Entered' AS name, count(*) FILTER (WHERE level >= 5) AS units, quantile_disc(CASE WHEN level >= 5 THEN epoch_us(t_5 - t_4) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 5 THEN epoch_us(t_5 - t_4) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 5 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 6 AS step, 'Order Completed' AS name, count(*) FILTER (WHERE level >= 6) AS units, quantile_disc(CASE WHEN level >= 6 THEN epoch_us(t_6 - t_5) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 6 THEN epoch_us(t_6 - t_5) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 6 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
    FROM attempts
    UNION ALL
    SELECT 7 AS step, 'Order Rated' AS name, count(*) FILTER (WHERE level >= 7) AS units, quantile_disc(CASE WHEN level >= 7 THEN epoch_us(t_7 - t_6) / 1e6 END, 0.5) AS median_seconds, quantile_disc(CASE WHEN level >= 7 THEN epoch_us(t_7 - t_6) / 1e6 END, 0.9) AS p90_seconds, count(*) FILTER (WHERE level >= 7 AND t_1 + INTERVAL 168 HOUR > (SELECT data_as_of FROM watermark)) AS incomplete
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
