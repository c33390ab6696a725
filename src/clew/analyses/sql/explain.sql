-- Why identifiers are one person: each identifier, each edge with the message that says it, what is doubtful, and who shares a device.
-- $id: an identifier in $space, the identity space. $sources: names of that space's sources, or of all others ($without).
WITH
found AS (
    SELECT person_id, universal_user_id, space
    FROM main.universal_alias_mapping
    WHERE alias = $id AND space = $space
),
aliases AS (
    SELECT alias, hops, strftime(first_seen_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS first_seen_at, strftime(last_seen_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS last_seen_at
    FROM main.universal_alias_mapping
    WHERE person_id IN (SELECT person_id FROM found)
),
-- Edges from the person's identifiers, and those to them that no longer count.
edges AS (
    SELECT alias, next_alias, seen_at, is_latest FROM main.alias_edges WHERE space = $space AND alias IN (SELECT alias FROM aliases)
    UNION
    SELECT alias, next_alias, seen_at, is_latest FROM main.alias_edges WHERE space = $space AND next_alias IN (SELECT alias FROM aliases)
),
messages AS (
    SELECT source, message_id, type, anonymous_id, user_id, previous_id, received_at, batch_index, least(timestamp, received_at) AS seen_at
    FROM clew.model_events
    WHERE user_id IN (SELECT next_alias FROM edges) AND list_contains(CAST($sources AS VARCHAR[]), source) <> $without
),
-- The message that says an edge: of those at its `seen_at`, the last in the order of events.
sightings AS (
    SELECT e.alias, e.next_alias, m.*
    FROM edges AS e
    JOIN messages AS m ON m.anonymous_id = e.alias AND m.user_id = e.next_alias AND m.seen_at = e.seen_at
    UNION ALL
    SELECT e.alias, e.next_alias, m.*
    FROM edges AS e
    JOIN messages AS m ON m.previous_id = e.alias AND m.user_id = e.next_alias AND m.seen_at = e.seen_at AND m.type = 'alias'
),
said AS (
    SELECT
        alias, next_alias,
        arg_max({'source': source, 'message_id': message_id, 'type': type, 'received_at': strftime(received_at, '%Y-%m-%dT%H:%M:%S.%fZ')}, (received_at, batch_index, source, message_id)) AS message
    FROM sightings
    GROUP BY alias, next_alias
),
conflicts AS (
    SELECT c.reason, c.alias, c.other, c.universal_user_id, strftime(c.seen_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS seen_at
    FROM main.identity_conflicts AS c
    WHERE c.space = $space
        AND (c.alias IN (SELECT alias FROM aliases) OR c.other IN (SELECT alias FROM aliases)
            OR c.universal_user_id IN (SELECT universal_user_id FROM found))
),
-- Devices that several people used, this one among them.
shared AS (
    SELECT alias, strftime(valid_from, '%Y-%m-%dT%H:%M:%S.%fZ') AS valid_from, strftime(valid_to, '%Y-%m-%dT%H:%M:%S.%fZ') AS valid_to, universal_user_id
    FROM main.alias_intervals
    WHERE space = $space AND alias IN (SELECT alias FROM aliases UNION SELECT alias FROM edges)
    QUALIFY count(*) OVER (PARTITION BY alias) > 1
)
SELECT
    f.universal_user_id, f.person_id, f.space,
    (SELECT list({'alias': alias, 'hops': hops, 'first_seen_at': first_seen_at, 'last_seen_at': last_seen_at} ORDER BY hops, alias) FROM aliases) AS aliases,
    (
        SELECT list({'alias': alias, 'next_alias': next_alias, 'seen_at': strftime(seen_at, '%Y-%m-%dT%H:%M:%S.%fZ'), 'is_latest': is_latest, 'message': message} ORDER BY seen_at, alias, next_alias)
        FROM edges LEFT JOIN said USING (alias, next_alias)
    ) AS edges,
    (
        SELECT list({'reason': reason, 'alias': alias, 'other': other, 'universal_user_id': universal_user_id, 'seen_at': seen_at} ORDER BY reason, alias, other)
        FROM conflicts
    ) AS conflicts,
    (
        SELECT list({'alias': alias, 'valid_from': valid_from, 'valid_to': valid_to, 'universal_user_id': universal_user_id} ORDER BY alias, valid_from NULLS FIRST)
        FROM shared
    ) AS shared_devices
FROM found AS f;
