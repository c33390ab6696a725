-- The one interface that the models read, over the log's messages. docs/architecture.md lists the columns.
DROP VIEW IF EXISTS clew.own_rows;
CREATE OR REPLACE VIEW clew.model_events AS
SELECT
  source, message_id, type, (chunk << 32) + ordinal AS event_number,
  CASE type WHEN 'page' THEN 'Page Viewed' WHEN 'screen' THEN 'Screen Viewed' WHEN 'track' THEN event END AS event,
  anonymous_id, user_id, previous_id, group_id,
  timestamp, received_at, batch_index, load_id, activity, platform, device_id,
  page_url, page_path, page_title, referrer,
  utm_source, utm_medium, utm_campaign, utm_term, utm_content, click_id, country, user_agent, ip
FROM clew.events;
