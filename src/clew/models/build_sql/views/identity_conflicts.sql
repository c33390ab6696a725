WITH
aliases AS (
  SELECT a.*, i.alias, i.space, u.alias AS universal_user_id
  FROM {{ ref('aliases') }} AS a
  JOIN clew.identifiers AS i ON i.id = a.id
  JOIN clew.identifiers AS u ON u.id = a.universal_id
),
edges AS (
  SELECT e.seen_at, e.is_latest, a.alias, n.alias AS next_alias, a.as_anonymous, a.in_cycle, a.universal_user_id, a.space
  FROM {{ ref('edges') }} AS e
  JOIN aliases AS a ON a.id = e.alias_id
  JOIN clew.identifiers AS n ON n.id = e.next_id
  WHERE e.is_usable
)
-- A user id that was renamed more than once: the edges that no longer count.
SELECT 'superseded_user_edge' AS reason, alias, next_alias AS other, universal_user_id, seen_at, space FROM edges WHERE NOT is_latest AND NOT as_anonymous
UNION ALL
-- Renames that run in a circle.
SELECT 'cycle', alias, next_alias, universal_user_id, seen_at, space FROM edges WHERE in_cycle AND is_latest
UNION ALL
-- The same id as an anonymous id and as a user id.
SELECT 'anonymous_and_user', alias, NULL, universal_user_id, last_seen_at, space FROM aliases WHERE as_anonymous AND as_user AND NOT is_blocked
UNION ALL
-- Held back: `other` is the person it would have been.
SELECT 'too_many_aliases', a.alias, r.alias, a.universal_user_id, a.first_seen_at, a.space
FROM aliases AS a JOIN clew.identifiers AS r ON r.id = a.root_id
WHERE a.is_held_back
UNION ALL
-- Devices with more than one person: one row for each of them after the first.
SELECT 'shared_device', a.alias, NULL, p.alias, i.valid_from, a.space
FROM {{ ref('intervals') }} AS i
JOIN clew.identifiers AS a ON a.id = i.alias_id
JOIN clew.identifiers AS p ON p.id = i.person_id
WHERE i.valid_from IS NOT NULL
UNION ALL
SELECT 'blocked', alias, NULL, NULL, last_seen_at, space FROM aliases WHERE is_blocked
