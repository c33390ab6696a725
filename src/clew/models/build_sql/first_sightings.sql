-- The same, from the messages as they came.
WITH
messages AS (
  SELECT
    {{ space('source') }} AS space, anonymous_id, user_id, previous_id, type, {{ model_time }} AS model_time, received_at, batch_index, source, message_id
  FROM {{ events }}
  WHERE user_id IS NOT NULL{{ and_new }}
),
identified AS (
  SELECT anonymous_id AS alias, * FROM messages
  UNION ALL
  SELECT previous_id, * FROM messages WHERE type = 'alias'
)
SELECT e.alias_id, n.universal_id AS person_id, m.model_time, {'t': m.model_time, 'r': m.received_at, 'b': m.batch_index, 's': m.source, 'm': m.message_id} AS place
FROM identified AS m
JOIN (SELECT * FROM clew.identifiers WHERE id IN (SELECT id FROM shared)) AS a ON a.alias = m.alias AND a.space = m.space
JOIN clew.identifiers AS u ON u.alias = m.user_id AND u.space = m.space
JOIN {{ ref('edges') }} AS e ON e.alias_id = a.id AND e.next_id = u.id AND e.is_usable
JOIN {{ ref('aliases') }} AS n ON n.id = u.id
