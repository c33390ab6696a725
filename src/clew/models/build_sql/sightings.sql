-- The identified messages of the shared devices: whose the device was, each with its place in the total order.
WITH
identified AS (
  SELECT anonymous_number AS alias_id, * FROM {{ messages }} WHERE user_number > 0
  UNION ALL
  SELECT previous_number, * FROM {{ messages }} WHERE user_number > 0 AND kind_id IN (SELECT kind_id FROM clew.event_kinds WHERE type = 'alias')
)
SELECT
  m.alias_id, n.universal_id AS person_id, m.model_time,
  {'t': m.model_time, 'r': CASE WHEN m.is_suspect THEN m.model_time ELSE m.other_time END, 'b': m.batch_index, 's': k.source, 'm': t.message_id} AS place
FROM identified AS m
JOIN {{ ref('edges') }} AS e ON e.alias_id = m.alias_id AND e.next_id = m.user_number AND e.is_usable
JOIN {{ ref('aliases') }} AS n ON n.id = m.user_number
JOIN clew.event_kinds AS k ON k.kind_id = m.kind_id
JOIN {{ events }} AS t ON t.event_number = m.event_number
WHERE m.alias_id IN (SELECT id FROM shared)
