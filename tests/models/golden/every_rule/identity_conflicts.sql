-- What in the identifiers is doubtful, and why.
WITH RECURSIVE
-- Every identifier, and which of them count as absent: trimmed of all white space and in lower case, nothing but 0 and -, or one of the list.
identifiers AS (
  SELECT DISTINCT CASE source WHEN 'app' THEN 'it''s' ELSE '' END AS space, unnest([anonymous_id, user_id, previous_id]) AS alias FROM clew.model_events
),
blocked AS (
  SELECT space, alias
  FROM (SELECT *, lower(trim(alias, concat(chr(9), chr(10), chr(11), chr(12), chr(13), chr(28), chr(29), chr(30), chr(31), chr(32), chr(133), chr(160), chr(5760), chr(8192), chr(8193), chr(8194), chr(8195), chr(8196), chr(8197), chr(8198), chr(8199), chr(8200), chr(8201), chr(8202), chr(8232), chr(8233), chr(8239), chr(8287), chr(12288)))) AS bare FROM identifiers)
  WHERE trim(bare, '0-') = '' OR bare IN ('x''; DROP TABLE y; --')
),
-- In which role each came, and when last.
roles AS (
  SELECT CASE source WHEN 'app' THEN 'it''s' ELSE '' END AS space, anonymous_id AS alias, true AS as_anonymous, false AS as_user, least(timestamp, received_at) AS seen_at FROM clew.model_events
  UNION ALL
  SELECT CASE source WHEN 'app' THEN 'it''s' ELSE '' END, user_id, false, true, least(timestamp, received_at) FROM clew.model_events
  UNION ALL
  SELECT CASE source WHEN 'app' THEN 'it''s' ELSE '' END, previous_id, false, false, least(timestamp, received_at) FROM clew.model_events
),
seen AS (
  SELECT space, alias, bool_or(as_anonymous) AS as_anonymous, bool_or(as_user) AS as_user, max(seen_at) AS last_seen_at
  FROM roles
  WHERE alias IS NOT NULL
  GROUP BY space, alias
),
edges AS (
  SELECT e.*, i.as_anonymous, m.universal_user_id
  FROM alias_edges AS e
  JOIN seen AS i USING (space, alias)
  JOIN universal_alias_mapping AS m USING (space, alias)
),
-- Which aliases the latest edges lead to from each; who comes back to itself stands in a circle.
reached AS (
  SELECT space, alias, next_alias FROM edges WHERE is_latest
  UNION
  SELECT r.space, r.alias, e.next_alias FROM reached AS r JOIN edges AS e ON e.space = r.space AND e.alias = r.next_alias AND e.is_latest
)
-- A user id that was renamed more than once: the edges that no longer count.
SELECT 'superseded_user_edge' AS reason, alias, next_alias AS other, universal_user_id, seen_at, space FROM edges WHERE NOT is_latest AND NOT as_anonymous
UNION ALL
-- Renames that run in a circle.
SELECT 'cycle', alias, next_alias, universal_user_id, seen_at, space
FROM edges
WHERE is_latest AND (space, alias) IN (SELECT (space, alias) FROM reached WHERE next_alias = alias)
UNION ALL
-- The same id as an anonymous id and as a user id.
SELECT 'anonymous_and_user', alias, NULL, m.universal_user_id, i.last_seen_at, space
FROM seen AS i
JOIN universal_alias_mapping AS m USING (space, alias)
WHERE i.as_anonymous AND i.as_user
UNION ALL
-- Held back: `other` is the person it would have been, which is its next alias's.
SELECT 'too_many_aliases', m.alias, n.universal_user_id, m.universal_user_id, m.first_seen_at, m.space
FROM universal_alias_mapping AS m
JOIN edges AS e ON e.space = m.space AND e.alias = m.alias AND e.is_latest
JOIN universal_alias_mapping AS n ON n.space = e.space AND n.alias = e.next_alias
WHERE m.is_held_back
UNION ALL
-- Devices with more than one person: one row for each of them after the first.
SELECT 'shared_device', alias, NULL, universal_user_id, valid_from, space FROM alias_intervals WHERE valid_from IS NOT NULL
UNION ALL
SELECT 'blocked', alias, NULL, NULL, last_seen_at, space FROM seen WHERE (space, alias) IN (SELECT (space, alias) FROM blocked)
