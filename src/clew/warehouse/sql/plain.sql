-- The records of plain lines, as stage.sql makes them of all: `plain_lines` are columns in Arrow's form, with empty texts as NULL.
-- The limit is the number of rows, so that the planner knows it. What a statement may filter or join by is an expression: a condition on a bare
-- column would be handed to Arrow, which cannot filter such texts.
SELECT * REPLACE (CASE WHEN type = 'identify' THEN clew.cut(message, payload, chr(1)) ELSE message END AS message)
FROM (
  SELECT
    coalesce(place, 0) AS place,
    coalesce(source, '') AS source,
    coalesce(type, '') AS type,
    message_id,
    md5_number_lower(concat(strlen(source), ':', source, message_id)) AS key_hash,
    CASE WHEN type = 'track' THEN event END AS event,
    "anonymousId" AS anonymous_id,
    "userId" AS user_id,
    "previousId" AS previous_id,
    "groupId" AS group_id,
    CASE WHEN abs(timestamp) < 253402300800000000 THEN make_timestamp(timestamp) END AS timestamp,
    CASE WHEN abs(received_at) < 253402300800000000 THEN make_timestamp(received_at) END AS received_at,
    CASE WHEN abs(original_timestamp) < 253402300800000000 THEN make_timestamp(original_timestamp) END AS original_timestamp,
    CASE WHEN abs(sent_at) < 253402300800000000 THEN make_timestamp(sent_at) END AS sent_at,
    coalesce(clock_shift, 0) AS clock_shift,
    CAST(coalesce(batch_index, 0) AS INTEGER) AS batch_index,
    activity,
    context,
    CASE WHEN type = 'identify' THEN json_merge_patch(coalesce(context->'$.traits', '{}'), coalesce(payload, '{}')) ELSE payload END AS payload,
    CASE WHEN type IN ('page', 'screen') THEN coalesce(name, payload->>'$.name') END AS name,
    CASE WHEN type IN ('page', 'screen') THEN coalesce(category, payload->>'$.category') END AS category,
    true AS is_object,
    -- whether the message has a key or a sort of value that its event did not have before; NULL: unknown
    CASE WHEN told THEN learned END AS learned,
    -- what is wanted of the context, where it is all plain texts
    CASE WHEN beside_told THEN :parts END AS parts,
    message
  FROM (FROM plain_lines LIMIT :rows)
)
