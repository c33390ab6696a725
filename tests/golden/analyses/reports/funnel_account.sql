-- A funnel of 3 steps within 7d, ordered.
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
-- Who was said to belong to which account, and when.
group_calls AS (
    SELECT source, message_id, CASE WHEN timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01' THEN received_at ELSE timestamp END AS model_time, received_at, batch_index, user_id, anonymous_id, group_id, '' AS space
    FROM clew.model_events
    WHERE type = 'group' AND group_id IS NOT NULL AND load_id <= (SELECT max(load_id) FROM clew.builds)
),
-- The same by person: the user named, else whose the device was then.
groupings AS (
    SELECT
        coalesce(u.person_id, i.person_id, a.person_id) AS person_id, c.group_id,
        (c.model_time, c.received_at, c.batch_index, c.source, c.message_id) AS place
    FROM group_calls AS c
    LEFT JOIN main.universal_alias_mapping AS u ON u.alias = c.user_id
    LEFT JOIN main.universal_alias_mapping AS a ON a.alias = c.anonymous_id
    LEFT JOIN main.alias_intervals AS i
        ON i.alias = c.anonymous_id
        AND c.model_time >= coalesce(i.valid_from, TIMESTAMP '0001-01-01')
        AND c.model_time < coalesce(i.valid_to, TIMESTAMP '9999-12-31')
    WHERE coalesce(u.person_id, i.person_id, a.person_id) IS NOT NULL
),
-- The events looked at, each with its account, with their local time.
events AS (
    SELECT *
    FROM (
        SELECT m.*, g.group_id AS unit, m.model_time + z.utc_offset AS local_time, p.properties
        FROM main.mapped_tracks AS m
        ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
        LEFT JOIN properties AS p ON p.source = m.source AND p.message_id = m.message_id
        ASOF JOIN groupings AS g
            ON g.person_id = m.person_id
            AND (m.model_time, m.received_at, m.batch_index, m.source, m.message_id) > g.place
        WHERE g.group_id IS NOT NULL AND m.model_time >= (SELECT first_day - 1 - 0 FROM span) AND m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + INTERVAL 168 HOUR FROM span)
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
-- Step 1: Product Viewed.
reached_1 AS (
    SELECT unit, universal_user_id, n AS n_1, model_time AS t_1
    FROM steps
    WHERE is_1 AND starts
),
-- Step 2: Product Added{category=Games}, after the latest event that reached step 1.
reached_2 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.t_1, e.n AS n_2, e.model_time AS t_2
    FROM (SELECT * FROM steps WHERE is_2) AS e
    ASOF JOIN reached_1 AS r ON e.unit = r.unit AND e.n > r.n_1
    WHERE e.model_time - r.t_1 <= INTERVAL 168 HOUR
),
-- Step 3: Order Completed, after the latest event that reached step 2.
reached_3 AS (
    SELECT e.unit, r.universal_user_id, r.n_1, r.n_2, r.t_1, e.n AS n_3, e.model_time AS t_3
    FROM (SELECT * FROM steps WHERE is_3) AS e
    ASOF JOIN reached_2 AS r ON e.unit = r.unit AND e.n > r.n_2
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
        WHERE a.level > 2 AND r.n_2 < a.n_3
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
