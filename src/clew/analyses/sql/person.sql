-- Whose an identifier is, and that person in short.
-- $id: an identifier in $space, the identity space; or $number: the person's number.
WITH
found AS (
    SELECT DISTINCT person_id, universal_user_id, space
    FROM main.universal_alias_mapping
    WHERE (alias = $id AND space = $space) OR person_id = $number
),
seen AS (
    SELECT count(*) AS aliases, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at
    FROM main.universal_alias_mapping
    WHERE person_id IN (SELECT person_id FROM found)
),
visits AS (
    SELECT count(*) AS sessions, coalesce(sum(events), 0) AS events
    FROM main.sessions
    WHERE person_id IN (SELECT person_id FROM found)
)
SELECT f.*, s.*, CAST(v.sessions AS BIGINT) AS sessions, CAST(v.events AS BIGINT) AS events
FROM found AS f, seen AS s, visits AS v;
