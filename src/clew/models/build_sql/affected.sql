-- Shared devices, past or present, of which something changed: a new or a lost sighting, an edge denied or given back, where they or their users lead.
WITH
past_or_present AS (
  SELECT id FROM {{ ref('shared_devices') }}
  UNION
  SELECT id FROM shared_now
),
changed AS (
  SELECT id FROM touched
  UNION
  SELECT id FROM moved
  UNION
  SELECT alias_id FROM {{ ref('edges') }} WHERE next_id IN (SELECT id FROM moved)
  UNION
  (SELECT id FROM past_or_present WHERE (id IN (SELECT id FROM shared_now)) <> (id IN (SELECT id FROM {{ ref('shared_devices') }})))
)
SELECT id FROM past_or_present WHERE id IN (SELECT id FROM changed)
