-- All people, who was seen last first.
-- $limit, $offset: which page.
WITH
people AS (SELECT person_id, max(last_seen_at) AS last_seen_at FROM main.universal_alias_mapping GROUP BY person_id),
page AS (SELECT * FROM people ORDER BY last_seen_at DESC, person_id LIMIT $limit OFFSET $offset)
SELECT c.total, p.person_id, NULL AS alias
FROM (SELECT count(*) AS total FROM people) AS c
LEFT JOIN page AS p ON true
ORDER BY p.last_seen_at DESC, p.person_id;
