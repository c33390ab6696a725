-- One row an alias: the person it belongs to.
SELECT
  i.alias, u.alias AS universal_user_id, p.universal_hash, a.hops, a.first_seen_at, a.last_seen_at, i.space,
  CAST(a.universal_id AS BIGINT) AS person_id, a.is_held_back
FROM {{ ref('aliases') }} AS a
JOIN clew.identifiers AS i ON i.id = a.id
JOIN clew.identifiers AS u ON u.id = a.universal_id
JOIN clew.people AS p ON p.person_id = a.universal_id
WHERE NOT a.is_blocked
