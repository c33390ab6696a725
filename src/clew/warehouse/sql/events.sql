-- What is left in the stage becomes events. `:chunk` and `:ordinal` are the place in the log.
INSERT INTO clew.event_rows BY NAME
SELECT
  s.* EXCLUDE (place, is_object, learned, parts, c),
  n.table_name, n.slug,
  :loaded_at AS loaded_at,
  CAST(:load_id AS BIGINT) AS load_id,
  :chunk AS chunk,
  :ordinal AS ordinal,
  -- The platform, from the surest sign to the vaguest.
  CASE
    WHEN lower(c.device.type) IN ('ios', 'android') THEN lower(c.device.type)
    WHEN lower(c.os.name) IN ('ios', 'ipados', 'tvos', 'watchos', 'iphone os') THEN 'ios'
    WHEN lower(c.os.name) = 'android' THEN 'android'
    WHEN lower(c.library.name) IN ('analytics-ios', 'analytics-swift', 'rudder-ios-library') THEN 'ios'
    WHEN lower(c.library.name) IN ('analytics-android', 'analytics-kotlin', 'com.rudderstack.android.sdk.core') THEN 'android'
    WHEN lower(c.library.name) IN ('analytics.js', 'rudderlabs javascript sdk') THEN 'web'
    WHEN lower(c.channel) IN ('browser', 'web') THEN 'web'
    WHEN lower(c.channel) IN ('mobile', 'server') THEN lower(c.channel)
    WHEN c.library.name IS NULL AND (c.page.url IS NOT NULL OR starts_with(c."userAgent", 'Mozilla/')) THEN 'web'
    ELSE 'server'
  END AS platform,
  coalesce(nullif(c.device.id, ''), s.anonymous_id) AS device_id,
  coalesce(c.page.url, CASE WHEN s.type = 'page' THEN s.payload->>'$.url' END) AS page_url,
  coalesce(c.page.path, CASE WHEN s.type = 'page' THEN s.payload->>'$.path' END) AS page_path,
  coalesce(c.page.title, CASE WHEN s.type = 'page' THEN s.payload->>'$.title' END) AS page_title,
  nullif(coalesce(c.page.referrer, CASE WHEN s.type = 'page' THEN s.payload->>'$.referrer' END), '') AS referrer,
  c.campaign.source AS utm_source,
  c.campaign.medium AS utm_medium,
  c.campaign.name AS utm_campaign,
  c.campaign.term AS utm_term,
  c.campaign.content AS utm_content,
  nullif(regexp_extract(
    coalesce(c.page.search, c.page.url, CASE WHEN s.type = 'page' THEN s.payload->>'$.url' END),
    '[?&](gclid|gbraid|wbraid|dclid|fbclid|msclkid|ttclid|twclid|li_fat_id|yclid|ScCid|epik|rdt_cid)=[^&#]', 1), '') AS click_id,
  coalesce(c.location.country, c.country) AS country,
  c.ip AS ip,
  c."userAgent" AS user_agent,
  c.locale AS locale,
  c.library.name AS library
FROM (SELECT *, coalesce(parts, from_json(context, :spec)) AS c FROM stage) AS s
JOIN :named AS n ON n.type = s.type AND n.event = coalesce(s.event, '');
