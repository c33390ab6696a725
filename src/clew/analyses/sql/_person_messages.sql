-- The person's identifiers, devices by time, and identifiers that are nobody's.
aliases AS (SELECT alias FROM main.universal_alias_mapping WHERE person_id = $person_id),
devices AS (SELECT alias, valid_from, valid_to FROM main.alias_intervals WHERE person_id = $person_id),
nobody AS (SELECT alias FROM main.identity_conflicts WHERE reason = 'blocked' AND space = $space),
-- Calls that say who somebody is or belongs to. `model_time` as the models have it.
all_calls AS (
    SELECT
        source, message_id, type, anonymous_id, user_id, platform, device_id, received_at, batch_index, load_id, chunk, ordinal,
        CASE WHEN timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01' THEN received_at ELSE timestamp END AS model_time
    FROM clew.events
    WHERE type IN ('identify', 'group', 'alias')
        AND list_contains(CAST($types AS VARCHAR[]), type)
        AND list_contains(CAST($sources AS VARCHAR[]), source) <> $without
        -- What was received long before cannot lie in the time asked for: this is what old loads are passed over by.
        AND received_at >= coalesce($from, TIMESTAMP '0001-01-02') - INTERVAL 1 HOUR
),
-- A call that names its user is that user's; one that names a device alone is whose the device was then.
calls AS (
    SELECT * FROM all_calls WHERE user_id IN (SELECT alias FROM aliases)
    UNION ALL
    SELECT c.*
    FROM all_calls AS c
    JOIN devices AS d
        ON d.alias = c.anonymous_id
        AND (d.valid_from IS NULL OR c.model_time >= d.valid_from)
        AND (d.valid_to IS NULL OR c.model_time < d.valid_to)
    WHERE c.user_id IS NULL OR c.user_id IN (SELECT alias FROM nobody)
),
