-- Each identifier: when it was seen, and in which role.
WITH roles AS (
  SELECT anonymous_number AS id, first_seen_at, last_seen_at, true AS as_anonymous, false AS as_user FROM numbered_pairs
  UNION ALL
  SELECT user_number, first_seen_at, last_seen_at, false, true FROM numbered_pairs
  UNION ALL
  SELECT previous_number, first_seen_at, last_seen_at, false, false FROM numbered_pairs
)
SELECT
  id, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at, bool_or(as_anonymous) AS as_anonymous, bool_or(as_user) AS as_user
FROM roles
WHERE id IS NOT NULL
GROUP BY id
