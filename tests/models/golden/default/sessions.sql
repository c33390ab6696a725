-- One row a session.
WITH
-- Each session's events, counted.
counted AS (
  SELECT
    session_id, any_value(person_id) AS person_id, min(model_time) AS session_start, max(model_time) AS session_last,
    count(*) AS events, CAST(count_if(type IN ('page', 'screen')) AS BIGINT) AS views,
    arg_min(event_number, track_sequence_number) AS event_number,
    arg_max(false, track_sequence_number) AS is_ended
  FROM person_tracks
  WHERE session_id IS NOT NULL
  GROUP BY session_id
),
-- With its first event, by whose place sessions are ordered.
firsts AS (
  SELECT
    c.*, e.received_at, e.batch_index, e.source, e.message_id, nullif(e.platform, '') AS platform, coalesce(e.device_id, e.anonymous_id) AS device_id,
    e.device_id AS device
  FROM counted AS c
  JOIN clew.model_events AS e USING (event_number)
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
    of_unit AS (PARTITION BY person_id ORDER BY session_start, received_at, batch_index, source, message_id)
),
-- A session ends with its end event; else when the buffer is over, but not after the next session's start.
ends AS (
  SELECT
    *,
    CASE
      WHEN is_ended THEN session_last
      ELSE least(session_last + INTERVAL 30 MINUTE, next_start)
    END AS session_end
  FROM numbered
)
SELECT
  s.session_id, s.person_id, p.alias AS universal_user_id, s.session_sequence_number, s.session_start, s.session_last, s.session_end,
  s.events, s.views, s.source, s.platform, s.device_id, s.is_ended, s.previous_last
FROM ends AS s
JOIN clew.identifiers AS p ON p.id = s.person_id
