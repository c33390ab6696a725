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
  false AS is_excluded,
  false AS is_ignored,
  false AS ends_session,
  false AS starts_session,
  false AS shows_engagement,
  INTERVAL 30 MINUTE AS inactivity
FROM kinds
