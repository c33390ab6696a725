-- Each counted event with its session: the definition of what `clew.models.cut` computes over the stored order, as arrays.
WITH
events AS (
  SELECT
    e.*, k.ends_session, CASE WHEN c.has_campaign THEN c.campaign_id END AS campaign_id, e.device_number AS device, CAST(e.model_time + z.utc_offset AS DATE) AS local_day
  FROM person_events AS e
  JOIN event_kinds AS k USING (kind_id)
  LEFT JOIN event_contexts AS c USING (context_id)
  ASOF JOIN zone_offsets AS z ON e.model_time >= z.utc_from
  WHERE e.person > 0
),
-- Each person on this device's events in the total order, with what came before.
ordered AS (
  SELECT
    *,
    CAST(row_number() OVER unit AS INTEGER) AS event_number,
    lag(local_day) OVER unit AS previous_day,
    lag(ends_session) OVER unit AS previous_ends,
    lag(model_time) OVER unit AS previous_at
  FROM events
  WINDOW unit AS (
    PARTITION BY person, device
    ORDER BY model_time, CASE WHEN is_suspect THEN model_time ELSE other_time END, batch_index, kind_id // 1048576, message_id
  )
),
-- First pass: an event opens a run if it is the person on this device's first, or after idle time greater than the limit, or on another local day, or after an end event, or as a start event.
runs AS (
  SELECT
    o.*,
    o.previous_at IS NULL OR o.model_time - o.previous_at > k.inactivity
      OR o.local_day <> o.previous_day
      OR (o.previous_ends AND NOT o.ends_session)
      OR (k.starts_session AND o.model_time - o.previous_at > INTERVAL 10 SECOND)
      AS opens_run,
    k.source
  FROM ordered AS o
  JOIN event_kinds AS k USING (kind_id)
),
numbered_runs AS (
  SELECT
    *,
    count_if(opens_run) OVER unit AS run_number,
    max(CASE WHEN opens_run THEN model_time END) OVER unit AS run_start
  FROM runs
  WINDOW unit AS (PARTITION BY person, device ORDER BY event_number ROWS UNBOUNDED PRECEDING)
),
-- Second pass, inside a run: a campaign other than the last one in the run, or another stretch of 90.0 minutes since the run's start.
openings AS (
  SELECT
    *,
    opens_run
      OR (campaign_id IS NOT NULL AND campaign_id IS DISTINCT FROM last_value(campaign_id IGNORE NULLS) OVER earlier)
      OR epoch_us(model_time - run_start) // 5400000000 <> epoch_us(previous_at - run_start) // 5400000000
      AS opens
  FROM numbered_runs
  WINDOW earlier AS (PARTITION BY person, device, run_number ORDER BY event_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
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
WINDOW unit AS (PARTITION BY person, device ORDER BY event_number ROWS UNBOUNDED PRECEDING)
