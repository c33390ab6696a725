-- Each counted event with its session: the definition of what `clew.models.cut` computes over the stored order, as arrays.
WITH
events AS (
  SELECT
    e.*
  FROM person_events AS e
  WHERE e.person > 0
),
-- Each person's events in the total order, with what came before.
ordered AS (
  SELECT
    *,
    CAST(row_number() OVER unit AS INTEGER) AS event_number,
    lag(model_time) OVER unit AS previous_at
  FROM events
  WINDOW unit AS (
    PARTITION BY person
    ORDER BY model_time, CASE WHEN is_suspect THEN model_time ELSE other_time END, batch_index, kind_id // 1048576, message_id
  )
),
-- First pass: an event opens a run if it is the person's first, or after idle time greater than the limit.
runs AS (
  SELECT
    o.*,
    o.previous_at IS NULL OR o.model_time - o.previous_at > INTERVAL 30 MINUTE
      AS opens_run,
    k.source
  FROM ordered AS o
  JOIN event_kinds AS k USING (kind_id)
),
openings AS (SELECT *, opens_run AS opens FROM runs),
-- A session goes by the hash of its first event's key, so that a late event elsewhere does not rename it.
named AS (
  SELECT *, CASE WHEN opens THEN CAST('0x' || left(md5(source || '/' || message_id), 15) AS BIGINT) END AS new_session_id
  FROM openings
)
SELECT
  person AS person_id, model_time, kind_id, message_id, context_id, page_number, referrer_number, anonymous_number, device_number, batch_index, other_time,
  is_suspect,
  last_value(new_session_id IGNORE NULLS) OVER unit AS session_id,
  event_number - max(CASE WHEN opens THEN event_number END) OVER unit + 1 AS track_sequence_number,
  event_number
FROM named
WINDOW unit AS (PARTITION BY person ORDER BY event_number ROWS UNBOUNDED PRECEDING)
