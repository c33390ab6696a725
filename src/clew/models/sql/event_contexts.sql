-- The distinct campaigns and countries that events came with, numbered. Events with none have no row.
SELECT
  CAST(row_number() OVER () AS INTEGER) AS context_id, context.*,
  coalesce(context.utm_source, context.utm_medium, context.utm_campaign) IS NOT NULL AS has_campaign,
  coalesce(context.utm_source, context.utm_medium, context.utm_campaign, context.utm_term, context.utm_content, context.click_id) IS NOT NULL AS has_touch,
  dense_rank() OVER (ORDER BY context.utm_source, context.utm_medium, context.utm_campaign) AS campaign_id,
  context
FROM (
  SELECT DISTINCT {{ context }} AS context FROM {{ events }} WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
)
WHERE context IS NOT NULL
