-- Every combination of identifiers that came in one message, with when it was first and last seen. The one pass over all text identifiers.
SELECT
  CASE source WHEN 'app' THEN 'it''s' ELSE '' END AS space,
  anonymous_id,
  user_id,
  previous_id,
  type = 'alias' AS is_alias,
  min(least(timestamp, received_at)) AS first_seen_at,
  max(least(timestamp, received_at)) AS last_seen_at
FROM clew.model_events
WHERE coalesce(anonymous_id, user_id, previous_id) IS NOT NULL
GROUP BY space, anonymous_id, user_id, previous_id, is_alias
