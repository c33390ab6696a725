-- Every track, page and screen event with its person, and with its identifiers as their numbers in `clew.identifiers`: what is counted by identifier.
SELECT
  t.person_id, t.source, t.type, t.event, t.model_time, t.platform, t.is_activity, a.id AS anonymous_number, u.id AS user_number, e.event_number
FROM {{ ref('mapped_tracks') }} AS t
JOIN {{ events }} AS e USING (source, message_id)
LEFT JOIN clew.identifiers AS a ON a.space = {{ space('t.source') }} AND a.alias = t.anonymous_id
LEFT JOIN clew.identifiers AS u ON u.space = {{ space('t.source') }} AND u.alias = t.user_id
