-- Every track, page and screen event with its person and session, as far as it is stored with the person: what reports read.
-- `mapped_tracks` has the identifiers and the message's key too, at the price of looking them up.
SELECT
  CASE WHEN e.person > 0 THEN CAST(e.person AS BIGINT) END AS person_id, k.source, k.type, nullif(k.event, '') AS event, e.model_time,
  nullif(k.platform, '') AS platform, e.activity{% if activity.exclude %} AND k.event NOT IN {{ activity.exclude | texts }}{% endif %} AS is_activity, s.session_id, nullif(e.track_sequence_number, 0) AS track_sequence_number, e.event_number
FROM {{ ref('person_events') }} AS e
JOIN clew.event_kinds AS k USING (kind_id)
LEFT JOIN (SELECT session_number, session_id FROM {{ ref('session_rows') }}) AS s USING (session_number)
WHERE k.type IN ('track', 'page', 'screen')
