-- Every track, page and screen event with its person.
SELECT
  CASE WHEN e.person > 0 THEN CAST(e.person AS BIGINT) END AS person_id, p.alias AS universal_user_id, k.source, t.message_id, k.type, nullif(k.event, '') AS event,
  e.model_time,
  CASE WHEN e.is_suspect THEN e.other_time ELSE e.model_time END AS timestamp, CASE WHEN e.is_suspect THEN e.model_time ELSE e.other_time END AS received_at,
  e.batch_index, a.alias AS anonymous_id, u.alias AS user_id,
  nullif(k.platform, '') AS platform, coalesce(d.text, a.alias) AS device_id, g.text AS group_id, e.activity{% if activity.exclude %} AND k.event NOT IN {{ activity.exclude | texts }}{% endif %} AS is_activity,
  e.is_suspect AS time_suspect, t.load_id
FROM {{ ref('person_events') }} AS e
JOIN clew.event_kinds AS k USING (kind_id)
LEFT JOIN (SELECT event_number, message_id, load_id FROM {{ events }}) AS t USING (event_number)
LEFT JOIN clew.identifiers AS p ON p.id = e.person
LEFT JOIN clew.identifiers AS a ON a.id = e.anonymous_number
LEFT JOIN clew.identifiers AS u ON u.id = e.user_number
LEFT JOIN clew.event_texts AS d ON d.text_id = e.device_number
LEFT JOIN clew.event_texts AS g ON g.text_id = e.group_number
WHERE k.type IN ('track', 'page', 'screen')
