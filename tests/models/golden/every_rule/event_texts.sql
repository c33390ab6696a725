-- The distinct pages, referrers, accounts and devices, numbered. A page goes by its path, so that query strings do not make a page of their own.
SELECT CAST(row_number() OVER () AS INTEGER) AS text_id, text
FROM (
  SELECT coalesce(nullif(page_path, ''), nullif(page_url, '')) AS text FROM clew.model_events WHERE type IN ('track', 'page', 'screen')
  UNION
  SELECT CASE WHEN NOT starts_with(referrer, coalesce(nullif(regexp_extract(page_url, '^[A-Za-z]+://[^/?#]+'), ''), '!')) THEN nullif(referrer, '') END FROM clew.model_events WHERE type IN ('track', 'page', 'screen')
  UNION
  SELECT group_id FROM clew.model_events WHERE type IN ('track', 'page', 'screen')
  UNION
  SELECT device_id FROM clew.model_events WHERE type IN ('track', 'page', 'screen')
)
WHERE text IS NOT NULL
