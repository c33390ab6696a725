-- Every combination of identifiers that came in one message, with when it was first and last seen. The one pass over all text identifiers.
SELECT
  {{ space('source') }} AS space,
  anonymous_id,
  user_id,
  {{ 'previous_id' if 'previous_number' in optional else 'CAST(NULL AS VARCHAR)' }} AS previous_id,
  {{ "type = 'alias'" if 'previous_number' in optional else 'false' }} AS is_alias,
  min(least(timestamp, received_at)) AS first_seen_at,
  max(least(timestamp, received_at)) AS last_seen_at
FROM {{ events }}
WHERE coalesce(anonymous_id, user_id{{ ', previous_id' if 'previous_number' in optional }}) IS NOT NULL{{ and_new }}
-- What is alike in all messages is no key: comparing it would cost as much as the rest.
GROUP BY anonymous_id, user_id{{ ', previous_id, is_alias' if 'previous_number' in optional }}{{ ', space' if identity.space }}
