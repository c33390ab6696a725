-- Events that touch no session (ignored, or not activity) but fall inside one, from its start up to but without its end.
SELECT e.person, e.event_number, s.session_number
FROM (
  SELECT e.*, {{ unit_of_event }} AS unit
  FROM {{ ref('person_events') }} AS e
  JOIN clew.event_kinds AS k USING (kind_id)
  WHERE e.session_number = 0 AND e.person > 0 AND k.type IN ('track', 'page', 'screen'){{ and_dirty('e.person') }}
) AS e
-- Of several sessions that begin at one moment only the last has any length.
ASOF JOIN (
  SELECT s.person, {{ unit_of_session }} AS unit, s.session_start, s.session_number, s.session_end
  FROM {{ ref('session_rows') }} AS s
  JOIN clew.event_kinds AS k USING (kind_id)
  WHERE s.session_end > s.session_start{{ and_dirty('s.person') }}
) AS s
  ON s.person = e.person AND s.unit = e.unit AND e.model_time >= s.session_start
WHERE e.model_time < s.session_end
