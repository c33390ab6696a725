-- The distinct kinds of events, numbered so that kind_id // 1048576 puts sources in order, and what the rules say of each: so that a rule is a look at a small table, not at the text of every event.
WITH kinds AS (
  SELECT DISTINCT source, type, coalesce(event, '') AS event, coalesce(platform, '') AS platform
  FROM clew.model_events
  WHERE type IN ('track', 'page', 'screen')
)
SELECT
  CAST(
    dense_rank() OVER (ORDER BY source) * 1048576 + row_number() OVER (PARTITION BY source ORDER BY type, event, platform)
    AS INTEGER) AS kind_id, source, type, event, platform,
  event IN ('Snapshot') AS is_excluded,
  event IN ('Beat') AS is_ignored,
  event IN ('Signed Out') AS ends_session,
  event IN ('Opened') AS starts_session,
  event IN ('Bought') AS shows_engagement,
  CASE platform WHEN 'ios' THEN INTERVAL 5 MINUTE ELSE INTERVAL 1230 SECOND END AS inactivity
FROM kinds
