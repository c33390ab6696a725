-- People the newest value of one of whose traits begins with the text, whatever its case.
-- $text: the text in lower case. $needle: the same as it stands inside JSON. $spaced, $spaces: sources with an identity space of their own, and
-- those spaces. $most: people looked at. $limit, $offset: which page.
WITH
-- Identifiers in a call that says the text anywhere: most calls are passed over without being read as JSON.
hits AS (
    SELECT DISTINCT user_id, anonymous_id
    FROM clew.events
    WHERE type = 'identify' AND contains(lower(CAST(payload AS VARCHAR)), $needle)
),
wanted AS (
    SELECT DISTINCT m.person_id
    FROM hits AS h
    JOIN main.universal_alias_mapping AS m ON m.alias = h.user_id
    UNION
    SELECT DISTINCT d.person_id
    FROM hits AS h
    JOIN main.alias_intervals AS d ON d.alias = h.anonymous_id
    ORDER BY person_id DESC
    LIMIT $most
),
-- include _latest_traits
people AS (
    SELECT person_id, min(lower(value) <> $text) AS is_exact, arg_min(trait || ': ' || value, (lower(value) <> $text, trait)) AS alias
    FROM traits
    WHERE type NOT IN ('NULL', 'OBJECT', 'ARRAY') AND starts_with(lower(value), $text)
    GROUP BY person_id
),
page AS (SELECT * FROM people ORDER BY is_exact, person_id DESC LIMIT $limit OFFSET $offset)
SELECT c.total, p.person_id, p.alias
FROM (SELECT count(*) AS total FROM people) AS c
LEFT JOIN page AS p ON true
ORDER BY p.is_exact, p.person_id DESC;
