-- The newest value of each trait of some people.
-- $people: their numbers. $spaced, $spaces: sources with an identity space of their own, and those spaces. $names: which traits.
WITH
wanted AS (SELECT unnest(CAST($people AS BIGINT[])) AS person_id),
-- include _latest_traits
chosen AS (
    SELECT person_id, trait, CAST(value AS VARCHAR) AS value
    FROM traits
    WHERE list_contains(CAST($names AS VARCHAR[]), trait) AND type NOT IN ('NULL', 'OBJECT', 'ARRAY')
)
SELECT * FROM chosen ORDER BY person_id, trait;
