-- Of the identifiers in hand those that were seen before: few of all, and found in one look over them.
SELECT id, space, alias
FROM clew.identifiers
WHERE alias IN (SELECT anonymous_id FROM pairs UNION SELECT user_id FROM pairs UNION SELECT previous_id FROM pairs)
