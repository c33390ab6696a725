-- Every track, page and screen event with its person, and with its identifiers as their numbers in `clew.identifiers`: what is counted by identifier.
-- Nothing is looked up for it: `mapped_tracks` has the texts, `person_tracks` the session.
SELECT
  CASE WHEN e.person > 0 THEN CAST(e.person AS BIGINT) END AS person_id, k.source, k.type, nullif(k.event, '') AS event, e.model_time,
  nullif(k.platform, '') AS platform, e.activity{% if activity.exclude %} AND k.event NOT IN {{ activity.exclude | texts }}{% endif %} AS is_activity,
  nullif(e.anonymous_number, 0) AS anonymous_number, nullif(e.user_number, 0) AS user_number, e.event_number
FROM {{ ref('person_events') }} AS e
JOIN clew.event_kinds AS k USING (kind_id)
WHERE k.type IN ('track', 'page', 'screen')
