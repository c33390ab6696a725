-- Every event that lies in a session. `counted` is false for those that touch no number of it.
WITH places AS (
  SELECT event_number, session_number, track_sequence_number, true AS counted FROM {{ ref('person_events') }} WHERE session_number > 0
  UNION ALL
  SELECT event_number, session_number, NULL, false FROM {{ ref('uncounted_tracks') }}
)
SELECT e.source, e.message_id, s.session_id, p.track_sequence_number, p.counted
FROM places AS p
JOIN (SELECT event_number, source, message_id FROM {{ events }}) AS e USING (event_number)
JOIN (SELECT session_number, session_id FROM {{ ref('session_rows') }}) AS s USING (session_number)
