-- Whose an event is that names the anonymous id alone: at model_time t, the row with valid_from <= t < valid_to. NULL = without limit.
WITH intervals AS (
  SELECT alias_id, valid_from, valid_to, person_id FROM {{ ref('intervals') }}
  UNION ALL
  SELECT id, NULL, NULL, universal_id
  FROM {{ ref('aliases') }}
  WHERE as_anonymous AND NOT is_blocked AND id NOT IN (SELECT id FROM {{ ref('shared_devices') }})
)
SELECT a.alias, i.valid_from, i.valid_to, p.alias AS universal_user_id, a.space, CAST(i.person_id AS BIGINT) AS person_id
FROM intervals AS i
JOIN clew.identifiers AS a ON a.id = i.alias_id
JOIN clew.identifiers AS p ON p.id = i.person_id
