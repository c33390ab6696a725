-- One row a session.
SELECT
  s.session_id, CAST(s.person AS BIGINT) AS person_id, p.alias AS universal_user_id, CAST(s.sequence_number AS BIGINT) AS session_sequence_number,
  s.session_start, s.session_last, s.session_end, CAST(s.events AS BIGINT) AS events, CAST(s.views AS BIGINT) AS views,
  k.source, nullif(k.platform, '') AS platform, coalesce(x.text, d.alias) AS device_id, s.is_ended, s.previous_last
FROM {{ ref('session_rows') }} AS s
JOIN clew.event_kinds AS k USING (kind_id)
JOIN clew.identifiers AS p ON p.id = s.person
LEFT JOIN clew.identifiers AS d ON d.id = s.anonymous_number
LEFT JOIN clew.event_texts AS x ON x.text_id = s.device_number
