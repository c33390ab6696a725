WITH
-- Each session in short, by the place of its first event among its person on this device's.
firsts AS (
  SELECT
    t.*, CASE WHEN e.is_suspect THEN e.model_time ELSE e.other_time END AS received_at, e.batch_index, k.source, e.message_id, k.platform
  FROM session_totals AS t
  JOIN event_sessions AS e ON e.session_id = t.session_id AND e.track_sequence_number = 1
  JOIN event_kinds AS k ON k.kind_id = t.kind_id
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
    of_person AS (PARTITION BY person_id ORDER BY session_start, received_at, batch_index, source, message_id),
    of_unit AS (PARTITION BY person_id, device_number ORDER BY first_number)
),
-- A session ends with its end event; else when the buffer is over, but not after the next session's start or the next local midnight.
ends AS (
  SELECT
    *,
    CASE WHEN is_ended THEN session_last ELSE least(
      session_last + INTERVAL 0 MINUTE, next_start, next_midnight
    ) END AS session_end
  FROM (
    -- The next local day begins at its 00:00 by the present offset, unless the offset changes before: then when both have come.
    SELECT
      n.*, CAST(date_trunc('day', n.session_last + z.utc_offset) AS TIMESTAMP) + INTERVAL 1 DAY AS next_day,
      CASE WHEN next_day - z.utc_offset < z.utc_to THEN next_day - z.utc_offset ELSE greatest(next_day - z.next_offset, z.utc_to) END AS next_midnight
    FROM numbered AS n
    ASOF JOIN (SELECT *, lead(utc_offset, 1, utc_offset) OVER (ORDER BY utc_from) AS next_offset FROM zone_offsets) AS z
      ON n.session_last >= z.utc_from
  )
)
SELECT
  s.session_id, s.person_id, p.universal_user_id, s.session_sequence_number, s.session_start, s.session_last, s.session_end,
  s.events, s.views, k.source, k.platform, coalesce(x.text, d.alias) AS device_id, s.is_ended, s.previous_last
FROM ends AS s
JOIN clew.people AS p USING (person_id)
JOIN event_kinds AS k USING (kind_id)
LEFT JOIN identifiers AS d ON d.id = s.anonymous_number
LEFT JOIN event_texts AS x ON x.text_id = s.device_number
