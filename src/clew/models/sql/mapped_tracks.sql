-- Every track, page and screen event with its person.
SELECT
  e.person_id, p.universal_user_id, k.source, e.message_id, k.type, nullif(k.event, '') AS event, e.model_time,
  coalesce(e.suspect_timestamp, e.model_time) AS timestamp, e.received_at, e.batch_index, a.alias AS anonymous_id, u.alias AS user_id,
  nullif(k.platform, '') AS platform, coalesce(e.other_device_id, a.alias) AS device_id, e.group_id, e.is_activity,
  e.suspect_timestamp IS NOT NULL AS time_suspect, e.load_id, e.session_id, e.track_sequence_number
FROM {{ ref('person_events') }} AS e
JOIN {{ ref('event_kinds') }} AS k USING (kind_id)
LEFT JOIN clew.people AS p USING (person_id)
LEFT JOIN {{ ref('identifiers') }} AS a ON a.id = e.anonymous_number
LEFT JOIN {{ ref('identifiers') }} AS u ON u.id = e.user_number
