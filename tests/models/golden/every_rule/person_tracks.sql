-- Every track, page and screen event with its person and session, in the columns that reports read.
-- `mapped_tracks` has the identifiers and the message's key too, at the price of looking them up.
WITH
tracks AS (
  SELECT
    t.*, e.event_number, e.device_id AS device, nullif((nullif(e.utm_source, ''), nullif(e.utm_medium, ''), nullif(e.utm_campaign, '')), (NULL, NULL, NULL)) AS campaign, CAST(t.model_time + z.utc_offset AS DATE) AS local_day
  FROM mapped_tracks AS t
  JOIN clew.model_events AS e USING (source, message_id)
  ASOF JOIN zone_offsets AS z ON t.model_time >= z.utc_from
),
-- Only a known person's activity, of events not ignored, is counted in sessions. Each person on this device's events in the total order, with what came before.
ordered AS (
  SELECT
    *,
    row_number() OVER unit AS place,
    lag(local_day) OVER unit AS previous_day,
    coalesce(event, '') IN ('Signed Out') AS ends_session,
    lag(coalesce(event, '') IN ('Signed Out')) OVER unit AS previous_ends,
    lag(model_time) OVER unit AS previous_at
  FROM tracks
  WHERE person_id IS NOT NULL AND is_activity AND coalesce(event, '') NOT IN ('Beat')
  WINDOW unit AS (PARTITION BY person_id, device ORDER BY model_time, received_at, batch_index, source, message_id)
),
-- First pass: an event opens a run if it is the person on this device's first, or after idle time greater than the limit, or on another local day, or after an end event, or as a start event.
runs AS (
  SELECT
    *,
    previous_at IS NULL OR model_time - previous_at > CASE platform WHEN 'ios' THEN INTERVAL 5 MINUTE ELSE INTERVAL 1230 SECOND END
      OR local_day <> previous_day
      OR (previous_ends AND NOT ends_session)
      OR (coalesce(event, '') IN ('Opened') AND model_time - previous_at > INTERVAL 10 SECOND)
      AS opens_run
  FROM ordered
),
numbered_runs AS (
  SELECT *, count_if(opens_run) OVER unit AS run_number, max(CASE WHEN opens_run THEN model_time END) OVER unit AS run_start
  FROM runs
  WINDOW unit AS (PARTITION BY person_id, device ORDER BY place ROWS UNBOUNDED PRECEDING)
),
-- Second pass, inside a run: a campaign other than the last one in the run, or another stretch of 90.0 minutes since the run's start.
openings AS (
  SELECT
    *,
    opens_run
      OR (campaign IS NOT NULL AND campaign IS DISTINCT FROM last_value(campaign IGNORE NULLS) OVER earlier)
      OR epoch_us(model_time - run_start) // 5400000000 <> epoch_us(previous_at - run_start) // 5400000000
      AS opens
  FROM numbered_runs
  WINDOW earlier AS (PARTITION BY person_id, device, run_number ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- A session goes by the hash of its first event's key, so that a late event elsewhere does not rename it.
counted AS (
  SELECT
    event_number,
    last_value(CASE WHEN opens THEN CAST('0x' || left(md5(source || '/' || message_id), 15) AS BIGINT) END IGNORE NULLS) OVER unit AS session_id,
    CAST(place - max(CASE WHEN opens THEN place END) OVER unit + 1 AS INTEGER) AS track_sequence_number
  FROM openings
  WINDOW unit AS (PARTITION BY person_id, device ORDER BY place ROWS UNBOUNDED PRECEDING)
)
SELECT
  t.person_id, t.source, t.type, t.event, t.model_time, t.platform, t.is_activity, c.session_id, c.track_sequence_number, t.event_number
FROM tracks AS t
LEFT JOIN counted AS c USING (event_number)
