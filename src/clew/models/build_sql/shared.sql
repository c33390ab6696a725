-- Shared devices: anonymous ids whose identified messages lead to several people. All others need no look at single events.
SELECT e.alias_id AS id
FROM {{ ref('edges') }} AS e
JOIN {{ ref('aliases') }} AS a ON a.id = e.alias_id
JOIN {{ ref('aliases') }} AS n ON n.id = e.next_id
WHERE e.is_usable AND a.as_anonymous AND NOT a.is_held_back
  AND e.alias_id IN (SELECT alias_id FROM {{ ref('edges') }} WHERE is_usable AND NOT is_latest)
GROUP BY e.alias_id
HAVING count(DISTINCT n.universal_id) > 1
