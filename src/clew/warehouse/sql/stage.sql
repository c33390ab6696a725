-- One load's records; `place` is that in the batch. `log_lines` streams from Python; `:spec` is put in as a literal.
-- The message without the pieces that stand beside it, so that each is compressed and stored once.
SELECT * REPLACE (clew.cut(clew.cut(message, context, chr(2)), payload, chr(1)) AS message)
FROM (
  SELECT
    place, s.source, s.type, s.message_id,
    md5_number_lower(concat(strlen(s.source), ':', s.source, s.message_id)) AS key_hash,
    CASE WHEN s.type = 'track' THEN nullif(s.message.event, '') END AS event,
    nullif(s.message."anonymousId", '') AS anonymous_id,
    nullif(s.message."userId", '') AS user_id,
    nullif(s.message."previousId", '') AS previous_id,
    nullif(s.message."groupId", '') AS group_id,
    CASE WHEN abs(s.timestamp) < 253402300800000000 THEN make_timestamp(s.timestamp) END AS timestamp,
    CASE WHEN abs(s.received_at) < 253402300800000000 THEN make_timestamp(s.received_at) END AS received_at,
    CASE WHEN abs(s.original_timestamp) < 253402300800000000 THEN make_timestamp(s.original_timestamp) END AS original_timestamp,
    CASE WHEN abs(s.sent_at) < 253402300800000000 THEN make_timestamp(s.sent_at) END AS sent_at,
    coalesce(s.clock_shift, 0) AS clock_shift,
    coalesce(s.batch_index, 0) AS batch_index,
    coalesce(s.message.activity, true) AS activity,
    s.message.context AS context,
    CASE
      WHEN s.type = 'identify' THEN json_merge_patch(coalesce(s.message.context->'$.traits', '{}'), coalesce(s.message.traits, '{}'))
      WHEN s.type IN ('group', 'alias') THEN s.message.traits
      ELSE s.message.properties
    END AS payload,
    -- top-level name and category of page and screen; some clients say them in the properties only
    CASE WHEN s.type IN ('page', 'screen') THEN coalesce(nullif(s.message.name, ''), s.message.properties->>'$.name') END AS name,
    CASE WHEN s.type IN ('page', 'screen') THEN coalesce(nullif(s.message.category, ''), s.message.properties->>'$.category') END AS category,
    starts_with(ltrim(message), '{') AS is_object,
    CAST(NULL AS BOOLEAN) AS learned,
    CAST(NULL AS :parts) AS parts,
    message
  FROM (SELECT place, from_json(line, :spec) AS s, message FROM log_lines)
);
