-- The people to make anew: those whose messages were deleted, those whose aliases moved, before and after, and all to whom an affected shared
-- device belonged or belongs.
SELECT person FROM gone WHERE person > 0
UNION
SELECT before_id FROM moved
UNION
SELECT after_id FROM moved
UNION
SELECT person_id FROM {{ ref('intervals') }} WHERE alias_id IN (SELECT id FROM affected)
UNION
SELECT universal_id FROM {{ ref('aliases') }} WHERE id IN (SELECT id FROM affected)
UNION
SELECT a.universal_id
FROM {{ ref('edges') }} AS e
JOIN {{ ref('aliases') }} AS a ON a.id = e.next_id
WHERE e.alias_id IN (SELECT id FROM affected)
