-- The pairs with the numbers of their identifiers.
SELECT a.id AS anonymous_number, u.id AS user_number, p.id AS previous_number, is_alias, first_seen_at, last_seen_at
FROM pairs AS t
LEFT JOIN {{ identifiers }} AS a ON a.alias = t.anonymous_id AND a.space = t.space
LEFT JOIN {{ identifiers }} AS u ON u.alias = t.user_id AND u.space = t.space
LEFT JOIN {{ identifiers }} AS p ON p.alias = t.previous_id AND p.space = t.space
