-- Every event that lies in a session. `counted` is false for those that touch no number of it.
WITH
tracks AS (
  SELECT t.*, e.message_id, e.device_id AS device FROM person_tracks AS t JOIN clew.model_events AS e USING (event_number)
),
sessions AS (
  SELECT s.*, t.device
  FROM sessions AS s
  JOIN tracks AS t ON t.session_id = s.session_id AND t.track_sequence_number = 1
)
SELECT source, message_id, session_id, track_sequence_number, true AS counted
FROM tracks
WHERE session_id IS NOT NULL
UNION ALL
-- Events that are not counted (ignored, or not activity) but fall inside one of their person on this device's, from its start up to but without its end.
-- Of several sessions that begin at one moment only the last has any length.
SELECT t.source, t.message_id, s.session_id, NULL, false
FROM (SELECT * FROM tracks WHERE session_id IS NULL) AS t
ASOF JOIN (SELECT * FROM sessions WHERE session_end > session_start) AS s
  ON s.person_id = t.person_id AND coalesce(s.device, '') = coalesce(t.device, '') AND t.model_time >= s.session_start
WHERE t.model_time < s.session_end
