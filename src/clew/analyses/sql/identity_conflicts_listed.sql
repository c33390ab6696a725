-- What in the identifiers is doubtful, newest first.
-- $reason: one reason, or NULL for all. $limit, $offset: which page.
WITH
chosen AS (SELECT reason, alias, other, universal_user_id, seen_at, space FROM main.identity_conflicts WHERE $reason IS NULL OR reason = $reason),
page AS (SELECT * FROM chosen ORDER BY seen_at DESC, reason, space, alias, other LIMIT $limit OFFSET $offset)
SELECT c.total, p.*
FROM (SELECT count(*) AS total FROM chosen) AS c
LEFT JOIN page AS p ON true
ORDER BY p.seen_at DESC, p.reason, p.space, p.alias, p.other;
