-- Every track, page and screen event with its person.
SELECT
  p.person_id, p.universal_user_id, k.source, e.message_id, k.type, nullif(k.event, '') AS event, e.model_time,
  CASE WHEN e.is_suspect THEN e.other_time ELSE e.model_time END AS timestamp, CASE WHEN e.is_suspect THEN e.model_time ELSE e.other_time END AS received_at, e.batch_index, a.alias AS anonymous_id, u.alias AS user_id,
  nullif(k.platform, '') AS platform, coalesce(d.text, a.alias) AS device_id, g.text AS group_id, e.is_activity,
  e.is_suspect AS time_suspect, e.load_id
FROM person_events AS e
JOIN event_kinds AS k USING (kind_id)
LEFT JOIN clew.people AS p ON p.person_id = abs(e.person)
LEFT JOIN identifiers AS a ON a.id = e.anonymous_number
LEFT JOIN identifiers AS u ON u.id = e.user_number
LEFT JOIN event_texts AS d ON d.text_id = e.device_number
LEFT JOIN event_texts AS g ON g.text_id = e.group_number
