-- Every track, page and screen event with its person and session, in the columns that reports read.
-- `mapped_tracks` has the identifiers and the message's key too, at the price of looking them up.
WITH
tracks AS (
  SELECT
    t.*, e.event_number
  FROM mapped_tracks AS t
  JOIN clew.model_events AS e USING (source, message_id)
),
-- Only a known person's activity is counted in sessions. Each person's events in the total order, with what came before.
ordered AS (
  SELECT
    *,
    row_number() OVER unit AS place,
    lag(model_time) OVER unit AS previous_at
  FROM tracks
  WHERE person_id IS NOT NULL AND is_activity
  WINDOW unit AS (PARTITION BY person_id ORDER BY model_time, received_at, batch_index, source, message_id)
),
-- First pass: an event opens a run if it is the person's first, or after idle time greater than the limit.
runs AS (
  SELECT
    *,
    previous_at IS NULL OR model_time - previous_at > INTERVAL 30 MINUTE
      AS opens_run
  FROM ordered
),
openings AS (SELECT *, opens_run AS opens FROM runs),
-- A session goes by the hash of its first event's key, so that a late event elsewhere does not rename it.
counted AS (
  SELECT
    event_number,
    last_value(CASE WHEN opens THEN CAST('0x' || left(md5(source || '/' || message_id), 15) AS BIGINT) END IGNORE NULLS) OVER unit AS session_id,
    CAST(place - max(CASE WHEN opens THEN place END) OVER unit + 1 AS INTEGER) AS track_sequence_number
  FROM openings
  WINDOW unit AS (PARTITION BY person_id ORDER BY place ROWS UNBOUNDED PRECEDING)
)
SELECT
  t.person_id, t.source, t.type, t.event, t.model_time, t.platform, t.is_activity, c.session_id, c.track_sequence_number, t.event_number
FROM tracks AS t
LEFT JOIN counted AS c USING (event_number)
