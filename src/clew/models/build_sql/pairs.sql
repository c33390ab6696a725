-- Every combination of identifiers that came in one message, with when it was first and last seen. The one pass over all text identifiers.
SELECT
  {{ space('source') }} AS space,
  anonymous_id,
  user_id,
  previous_id,
  type = 'alias' AS is_alias,
  min(least(timestamp, received_at)) AS first_seen_at,
  max(least(timestamp, received_at)) AS last_seen_at
FROM {{ events }}
WHERE coalesce(anonymous_id, user_id, previous_id) IS NOT NULL{{ and_new }}
GROUP BY ALL
