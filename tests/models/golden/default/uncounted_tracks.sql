-- Events that touch no session (ignored, or not activity) but fall inside one, from its start up to but without its end.
SELECT k.source, e.message_id, s.session_id
FROM person_events AS e
JOIN event_kinds AS k USING (kind_id)
-- Of several sessions that begin at one moment only the last has any length.
ASOF JOIN (
  SELECT person_id, '' AS place, session_start, session_id, session_end
  FROM sessions
  WHERE session_end > session_start
) AS s
  ON s.person_id = -e.person AND s.place = '' AND e.model_time >= s.session_start
WHERE e.person < 0 AND e.model_time < s.session_end
