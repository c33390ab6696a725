-- Kinds of messages that were never seen before.
SELECT nextval('clew.kind_numbers') AS kind_id, source, type, event, platform
FROM (
  SELECT DISTINCT source, type, coalesce(event, '') AS event, coalesce(platform, '') AS platform FROM {{ events }} WHERE true{{ and_new }}
)
ANTI JOIN clew.event_kinds USING (source, type, event, platform)
