-- Sources and the identity space of each that has one of its own.
spaces AS (
    SELECT unnest(CAST($spaced AS VARCHAR[])) AS source, unnest(CAST($spaces AS VARCHAR[])) AS space
),
-- Identify calls, with `model_time` as the models have it.
identifies AS (
    SELECT
        coalesce(s.space, '') AS space, e.anonymous_id, e.user_id, e.payload,
        {
            't': CASE WHEN e.timestamp > e.received_at + INTERVAL 1 HOUR OR e.timestamp < TIMESTAMP '2000-01-01' THEN e.received_at ELSE e.timestamp END,
            'r': e.received_at, 'b': e.batch_index, 's': e.source, 'm': e.message_id
        } AS place
    FROM clew.events AS e
    LEFT JOIN spaces AS s ON s.source = e.source
    WHERE e.type = 'identify'
),
-- Whose they are: the user's whom they name, else whose the device was then.
owned AS (
    SELECT m.person_id, i.payload, i.place
    FROM identifies AS i
    JOIN main.universal_alias_mapping AS m ON m.alias = i.user_id AND m.space = i.space
    WHERE m.person_id IN (SELECT person_id FROM wanted)
    UNION ALL
    SELECT d.person_id, i.payload, i.place
    FROM identifies AS i
    JOIN main.alias_intervals AS d
        ON d.alias = i.anonymous_id
        AND d.space = i.space
        AND (d.valid_from IS NULL OR i.place.t >= d.valid_from)
        AND (d.valid_to IS NULL OR i.place.t < d.valid_to)
    WHERE d.person_id IN (SELECT person_id FROM wanted)
        AND (i.user_id IS NULL OR (i.user_id, i.space) IN (SELECT (alias, space) FROM main.identity_conflicts WHERE reason = 'blocked'))
),
-- The newest value of each trait; nested traits stay as they are.
traits AS (
    SELECT o.person_id, t.key AS trait, arg_max(t.value ->> '$', o.place) AS value, arg_max(t.type, o.place) AS type
    FROM owned AS o, json_each(o.payload) AS t
    WHERE json_type(o.payload) = 'OBJECT'
    GROUP BY o.person_id, t.key
),
