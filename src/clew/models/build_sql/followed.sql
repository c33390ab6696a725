-- The aliases that may lead elsewhere, with where they lead now: all that hung together before with one that was seen or whose edges were judged
-- anew, or with where these lead.
WITH
named AS (
  SELECT id FROM seen
  UNION
  SELECT id FROM touched
  UNION
  SELECT next_id FROM {{ ref('edges') }} WHERE alias_id IN (SELECT id FROM touched)
),
roots AS (SELECT root_id FROM {{ ref('aliases') }} WHERE id IN (SELECT id FROM named))
SELECT id, root_id, universal_id, hops, in_cycle, is_held_back
FROM {{ ref('aliases') }}
WHERE root_id IN (SELECT root_id FROM roots)
