-- Which alias was seen to become which, and when last; each alias follows its latest edge.
WITH
-- Every identifier, and which of them count as absent: trimmed of all white space and in lower case, nothing but 0 and -, or one of the list.
identifiers AS (
  SELECT DISTINCT CASE source WHEN 'app' THEN 'it''s' ELSE '' END AS space, unnest([anonymous_id, user_id, previous_id]) AS alias FROM clew.model_events
),
blocked AS (
  SELECT space, alias
  FROM (SELECT *, lower(trim(alias, concat(chr(9), chr(10), chr(11), chr(12), chr(13), chr(28), chr(29), chr(30), chr(31), chr(32), chr(133), chr(160), chr(5760), chr(8192), chr(8193), chr(8194), chr(8195), chr(8196), chr(8197), chr(8198), chr(8199), chr(8200), chr(8201), chr(8202), chr(8232), chr(8233), chr(8239), chr(8287), chr(12288)))) AS bare FROM identifiers)
  WHERE trim(bare, '0-') = '' OR bare IN ('x''; DROP TABLE y; --')
),
-- An anonymous id that comes with a user id is that user's; an alias call says that the previous id is now the user id.
pairs AS (
  SELECT CASE source WHEN 'app' THEN 'it''s' ELSE '' END AS space, anonymous_id AS alias, user_id AS next_alias, least(timestamp, received_at) AS seen_at
  FROM clew.model_events
  UNION ALL
  SELECT CASE source WHEN 'app' THEN 'it''s' ELSE '' END, previous_id, user_id, least(timestamp, received_at)
  FROM clew.model_events
  WHERE type = 'alias'
),
-- Without edges to itself, edges of blocked identifiers, and edges denied by hand.
edges AS (
  SELECT space, alias, next_alias, max(seen_at) AS seen_at
  FROM pairs
  WHERE alias <> next_alias
    AND (space, alias) NOT IN (SELECT (space, alias) FROM blocked)
    AND (space, next_alias) NOT IN (SELECT (space, alias) FROM blocked)
    AND (alias, next_alias) NOT IN (('a', 'b''c'))
  GROUP BY ALL
)
SELECT
  alias, next_alias, seen_at,
  -- The greatest (seen_at, next_alias); text is compared by its bytes.
  row_number() OVER (PARTITION BY space, alias ORDER BY seen_at DESC, next_alias DESC) = 1 AS is_latest,
  space
FROM edges
