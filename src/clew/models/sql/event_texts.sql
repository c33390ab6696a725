-- The distinct pages, referrers, accounts and devices, numbered. A page goes by its path, so that query strings do not make a page of their own.
SELECT CAST(row_number() OVER () AS INTEGER) AS text_id, text
FROM (
  SELECT {{ page }} AS text FROM {{ events }} WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
  UNION
  SELECT {{ referrer }} FROM {{ events }} WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
  UNION
  SELECT group_id FROM {{ events }} WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
  UNION
  SELECT {{ device }} FROM {{ events }} WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
)
WHERE text IS NOT NULL
