-- The pairs with the numbers of their identifiers.
WITH
{% if dirty_only %}
-- Few of all identifiers: found once, in one look over them.
known AS MATERIALIZED (
  SELECT id, space, alias FROM clew.identifiers
  WHERE alias IN (SELECT anonymous_id FROM pairs UNION SELECT user_id FROM pairs UNION SELECT previous_id FROM pairs)
)
{% else %}
known AS (SELECT id, space, alias FROM clew.identifiers)
{% endif %}
SELECT a.id AS anonymous_number, u.id AS user_number, p.id AS previous_number, is_alias, first_seen_at, last_seen_at
FROM pairs AS t
LEFT JOIN known AS a ON a.alias = t.anonymous_id AND a.space = t.space
LEFT JOIN known AS u ON u.alias = t.user_id AND u.space = t.space
LEFT JOIN known AS p ON p.alias = t.previous_id AND p.space = t.space
