-- Every track, page and screen event with its person.
WITH events AS (
  SELECT '' AS space, CASE WHEN (timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01') THEN received_at ELSE timestamp END AS model_time, (timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01') AS time_suspect, *
  FROM clew.model_events
  WHERE type IN ('track', 'page', 'screen')
)
SELECT
  -- An event that names its user is that user's. One that names only the device is the person's whose the device was at that time.
  coalesce(u.person_id, d.person_id) AS person_id,
  coalesce(u.universal_user_id, d.universal_user_id) AS universal_user_id,
  e.source, e.message_id, e.type, nullif(e.event, '') AS event, e.model_time, e.timestamp, e.received_at, e.batch_index, e.anonymous_id, e.user_id,
  nullif(e.platform, '') AS platform, coalesce(e.device_id, e.anonymous_id) AS device_id, e.group_id,
  coalesce(e.activity, true) AS is_activity,
  e.time_suspect, e.load_id
FROM events AS e
LEFT JOIN universal_alias_mapping AS u ON u.space = e.space AND u.alias = e.user_id
LEFT JOIN alias_intervals AS d
  ON u.person_id IS NULL AND d.space = e.space AND d.alias = e.anonymous_id
  AND e.model_time >= coalesce(d.valid_from, e.model_time) AND (d.valid_to IS NULL OR e.model_time < d.valid_to)
