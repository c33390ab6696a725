-- The distinct pages and referrers, numbered. A page goes by its path, so that query strings do not make a page of their own.
SELECT CAST(row_number() OVER () AS INTEGER) AS page_id, page
FROM (
  SELECT {{ page }} AS page FROM {{ events }} WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
  UNION
  SELECT {{ referrer }} FROM {{ events }} WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
)
WHERE page IS NOT NULL
