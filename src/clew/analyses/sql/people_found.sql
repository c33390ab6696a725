-- People one of whose identifiers is, or begins with, the text. Exact first, then who was there last.
-- $text; $limit, $offset: which page.
WITH
hits AS (
    SELECT person_id, max(alias = $text) AS is_exact, max(last_seen_at) AS last_seen_at, arg_min(alias, (alias <> $text, alias)) AS alias
    FROM main.universal_alias_mapping
    WHERE starts_with(alias, $text)
    GROUP BY person_id
),
page AS (SELECT * FROM hits ORDER BY is_exact DESC, last_seen_at DESC, person_id LIMIT $limit OFFSET $offset)
SELECT c.total, p.person_id, p.alias
FROM (SELECT count(*) AS total FROM hits) AS c
LEFT JOIN page AS p ON true
ORDER BY p.is_exact DESC, p.last_seen_at DESC, p.person_id;
