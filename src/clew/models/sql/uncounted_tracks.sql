-- Events that touch no session (ignored, or not activity) but fall inside one, from its start up to but without its end.
SELECT k.source, e.message_id, s.session_id
FROM {{ ref('person_events') }} AS e
JOIN {{ ref('event_kinds') }} AS k USING (kind_id)
{% if sessions.scope == 'device' %}
LEFT JOIN {{ ref('identifiers') }} AS d ON d.id = e.anonymous_number
LEFT JOIN {{ ref('event_texts') }} AS t ON t.text_id = e.device_number
{% endif %}
-- Of several sessions that begin at one moment only the last has any length.
ASOF JOIN (
  SELECT person_id, {{ "coalesce(" ~ unit_column ~ ", '') AS place" if unit_column else "'' AS place" }}, session_start, session_id, session_end
  FROM {{ ref('sessions') }}
  WHERE session_end > session_start
) AS s
  ON s.person_id = -e.person AND s.place = {{ unit_value }} AND e.model_time >= s.session_start
WHERE e.person < 0 AND e.model_time < s.session_end
