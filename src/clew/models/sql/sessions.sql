WITH
-- Each session with its first event, by which sessions of one person are ordered.
firsts AS (
  SELECT
    t.*, CASE WHEN e.is_suspect THEN e.model_time ELSE e.other_time END AS received_at, e.batch_index, k.source, e.message_id, k.platform,
    coalesce(x.text, d.alias) AS device_id, e.kind_id, t.person_id AS person
  FROM {{ ref('session_totals') }} AS t
  JOIN {{ ref('person_events') }} AS e ON e.session_id = t.session_id AND e.track_sequence_number = 1
  JOIN {{ ref('event_kinds') }} AS k USING (kind_id)
  LEFT JOIN {{ ref('identifiers') }} AS d ON d.id = e.anonymous_number
  LEFT JOIN {{ ref('event_texts') }} AS x ON x.text_id = e.device_number
),
-- A session ends with its end event; else when the buffer is over, but not after the next session's start
{%- if sessions.new_at_midnight %} or the next local midnight{% endif %}.
ends AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY person_id ORDER BY session_start, received_at, batch_index, source, message_id) AS session_sequence_number,
    CASE WHEN is_ended THEN session_last ELSE least(
      session_last + {{ sessions.buffer_minutes | minutes }},
      lead(session_start) OVER (PARTITION BY {{ unit }} ORDER BY session_start, received_at, batch_index, source, message_id)
{% if sessions.new_at_midnight %}
      , next_midnight
{% endif %}
    ) END AS session_end
{% if sessions.new_at_midnight %}
  FROM (
    -- The next local day begins at its 00:00 by the present offset, unless the offset changes before: then when both have come.
    SELECT
      f.*, CAST(date_trunc('day', session_last + z.utc_offset) AS TIMESTAMP) + INTERVAL 1 DAY AS next_day,
      CASE WHEN next_day - z.utc_offset < z.utc_to THEN next_day - z.utc_offset ELSE greatest(next_day - z.next_offset, z.utc_to) END AS next_midnight
    FROM firsts AS f
    ASOF JOIN (SELECT *, lead(utc_offset, 1, utc_offset) OVER (ORDER BY utc_from) AS next_offset FROM {{ ref('zone_offsets') }}) AS z
      ON f.session_last >= z.utc_from
  )
{% else %}
  FROM firsts
{% endif %}
)
SELECT
  s.session_id, s.person_id, p.universal_user_id, s.session_sequence_number, s.session_start, s.session_last, s.session_end,
  s.events, s.views, s.source, s.platform, s.device_id, s.kind_id, s.is_ended
FROM ends AS s
JOIN clew.people AS p USING (person_id)
