WITH
aliases AS (SELECT a.*, u.alias AS universal_user_id FROM universal_aliases AS a JOIN identifiers AS u ON u.id = a.universal_id),
edges AS (SELECT e.*, a.as_anonymous, a.in_cycle, a.universal_user_id, a.space FROM alias_edges AS e JOIN aliases AS a ON a.id = e.alias_id)
-- A user id that was renamed more than once: the edges that no longer count.
SELECT 'superseded_user_edge' AS reason, alias, next_alias AS other, universal_user_id, seen_at, space FROM edges WHERE NOT is_latest AND NOT as_anonymous
UNION ALL
-- Renames that run in a circle.
SELECT 'cycle', alias, next_alias, universal_user_id, seen_at, space FROM edges WHERE in_cycle AND is_latest
UNION ALL
-- The same id as an anonymous id and as a user id.
SELECT 'anonymous_and_user', alias, NULL, universal_user_id, last_seen_at, space FROM aliases WHERE as_anonymous AND as_user
UNION ALL
-- Held back: `other` is the person it would have been.
SELECT 'too_many_aliases', a.alias, r.alias, a.universal_user_id, a.first_seen_at, a.space
FROM aliases AS a JOIN identifiers AS r ON r.id = a.root_id
WHERE a.is_held_back
UNION ALL
-- Devices with more than one person: one row for each of them after the first.
SELECT 'shared_device', alias, NULL, universal_user_id, valid_from, space FROM alias_intervals WHERE valid_from IS NOT NULL
UNION ALL
SELECT 'blocked', alias, NULL, NULL, last_seen_at, space FROM identifiers WHERE is_blocked
