-- The distinct campaigns and countries that events came with, numbered. Events with none have no row.
SELECT
  CAST(row_number() OVER () AS INTEGER) AS context_id, context.*,
  coalesce(context.utm_source, context.utm_medium, context.utm_campaign) IS NOT NULL AS has_campaign,
  coalesce(context.utm_source, context.utm_medium, context.utm_campaign, context.utm_term, context.utm_content, context.click_id) IS NOT NULL AS has_touch,
  dense_rank() OVER (ORDER BY context.utm_source, context.utm_medium, context.utm_campaign) AS campaign_id,
  context
FROM (
  SELECT DISTINCT CASE WHEN coalesce(nullif(utm_source, ''), nullif(utm_medium, ''), nullif(utm_campaign, ''), nullif(utm_term, ''), nullif(utm_content, ''), nullif(click_id, ''), nullif(country, '')) IS NOT NULL THEN {'utm_source': nullif(utm_source, ''), 'utm_medium': nullif(utm_medium, ''), 'utm_campaign': nullif(utm_campaign, ''), 'utm_term': nullif(utm_term, ''), 'utm_content': nullif(utm_content, ''), 'click_id': nullif(click_id, ''), 'country': nullif(country, '')} END AS context FROM clew.model_events WHERE type IN ('track', 'page', 'screen')
)
WHERE context IS NOT NULL
