-- An anonymous id that comes with a user id is that user's; an alias call says that the previous id is now the user id.
WITH pairs AS (
  SELECT anonymous_number AS alias_id, user_number AS next_id, last_seen_at FROM numbered_pairs
  UNION ALL
  SELECT previous_number, user_number, last_seen_at FROM numbered_pairs WHERE is_alias
)
SELECT alias_id, next_id, max(last_seen_at) AS seen_at
FROM pairs
WHERE alias_id <> next_id
GROUP BY alias_id, next_id
