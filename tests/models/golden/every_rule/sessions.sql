-- One row a session.
WITH
-- Each session's events, counted.
counted AS (
  SELECT
    session_id, any_value(person_id) AS person_id, min(model_time) AS session_start, max(model_time) AS session_last,
    count(*) AS events, CAST(count_if(type IN ('page', 'screen')) AS BIGINT) AS views,
    arg_min(event_number, track_sequence_number) AS event_number,
    arg_max(coalesce(event, '') IN ('Signed Out'), track_sequence_number) AS is_ended
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
    of_unit AS (PARTITION BY person_id, device ORDER BY session_start, received_at, batch_index, source, message_id)
),
-- The next local day begins at its 00:00 by the present offset, unless the offset changes before: then when both have come.
dated AS (
  SELECT
    n.*, CAST(date_trunc('day', n.session_last + z.utc_offset) AS TIMESTAMP) + INTERVAL 1 DAY AS next_day,
    CASE WHEN next_day - z.utc_offset < z.utc_to THEN next_day - z.utc_offset ELSE greatest(next_day - z.next_offset, z.utc_to) END AS next_midnight
  FROM numbered AS n
  ASOF JOIN (SELECT *, lead(utc_offset, 1, utc_offset) OVER (ORDER BY utc_from) AS next_offset FROM zone_offsets) AS z
    ON n.session_last >= z.utc_from
),
-- A session ends with its end event; else when the buffer is over, but not after the next session's start or the next local midnight.
ends AS (
  SELECT
    *,
    CASE
      WHEN is_ended THEN session_last
      ELSE least(session_last + INTERVAL 0 MINUTE, next_start, next_midnight)
    END AS session_end
  FROM dated
)
SELECT
  s.session_id, s.person_id, p.alias AS universal_user_id, s.session_sequence_number, s.session_start, s.session_last, s.session_end,
  s.events, s.views, s.source, s.platform, s.device_id, s.is_ended, s.previous_last
FROM ends AS s
JOIN clew.identifiers AS p ON p.id = s.person_id
