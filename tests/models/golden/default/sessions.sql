WITH
-- Each session in short, by the place of its first event among its person's.
firsts AS (
  SELECT
    t.*
  FROM session_totals AS t
),
-- What comes before and after it.
numbered AS (
  SELECT
    *,
    row_number() OVER of_person AS session_sequence_number,
    lag(session_last) OVER of_person AS previous_last,
    lead(session_start) OVER of_unit AS next_start
  FROM firsts
  WINDOW
    of_person AS (PARTITION BY person_id ORDER BY first_number),
    of_unit AS (PARTITION BY person_id ORDER BY first_number)
),
-- A session ends with its end event; else when the buffer is over, but not after the next session's start.
ends AS (
  SELECT
    *,
    CASE WHEN is_ended THEN session_last ELSE least(
      session_last + INTERVAL 30 MINUTE, next_start
    ) END AS session_end
  FROM numbered
)
SELECT
  s.session_id, s.person_id, p.universal_user_id, s.session_sequence_number, s.session_start, s.session_last, s.session_end,
  s.events, s.views, k.source, k.platform, coalesce(x.text, d.alias) AS device_id, s.is_ended, s.previous_last
FROM ends AS s
JOIN clew.people AS p USING (person_id)
JOIN event_kinds AS k USING (kind_id)
LEFT JOIN identifiers AS d ON d.id = s.anonymous_number
LEFT JOIN event_texts AS x ON x.text_id = s.device_number
