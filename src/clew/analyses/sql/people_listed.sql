-- People in short, as a list shows them.
-- $people: their numbers.
WITH
seen AS (
    SELECT
        person_id, any_value(universal_user_id) AS universal_user_id, any_value(space) AS space, count(*) AS aliases,
        min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at
    FROM main.universal_alias_mapping
    WHERE person_id IN (SELECT unnest(CAST($people AS BIGINT[])))
    GROUP BY person_id
),
visits AS (
    SELECT person_id, count(*) AS sessions, CAST(sum(events) AS BIGINT) AS events
    FROM main.sessions
    WHERE person_id IN (SELECT unnest(CAST($people AS BIGINT[])))
    GROUP BY person_id
)
SELECT s.*, coalesce(v.sessions, 0) AS sessions, coalesce(v.events, 0) AS events
FROM seen AS s
LEFT JOIN visits AS v USING (person_id);
