-- A session goes by the hash of its first event's key, so that a late event elsewhere does not rename it.
{% if dirty_only %}
WITH
-- Most sessions are there already, or begin with a new message: only what is left is looked for among all messages.
fresh AS (SELECT event_number, source, message_id FROM {{ events }} WHERE true{{ and_new }}),
told AS (
  SELECT event_number, session_id FROM names_before
  UNION ALL
  SELECT event_number, {{ session_name }} FROM fresh WHERE event_number NOT IN (SELECT event_number FROM names_before)
),
left_over AS (SELECT event_number FROM session_starts WHERE event_number NOT IN (SELECT event_number FROM told)),
named AS (
  SELECT event_number, session_id FROM told
  UNION ALL
  SELECT event_number, {{ session_name }} FROM {{ events }} WHERE event_number IN (SELECT event_number FROM left_over)
)
SELECT s.session_number, n.session_id
FROM session_starts AS s
JOIN named AS n ON n.event_number = s.event_number
{% else %}
SELECT s.session_number, {{ session_name }} AS session_id
FROM session_starts AS s
JOIN (SELECT event_number, source, message_id FROM {{ events }}) AS e ON e.event_number = s.event_number
{% endif %}
ORDER BY s.session_number
