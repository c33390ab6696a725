-- The definition of what `clew.models.follow` computes by pointer doubling: quadratic in the length of a chain, so for reading and for small data.
WITH RECURSIVE
edges AS (SELECT alias_id, next_id, seen_at FROM alias_edges WHERE is_latest),
-- Each alias walks along the latest edges, until it has no further edge or comes where it has been.
walks AS (
  SELECT alias_id AS id, next_id AS at_id, [alias_id] AS path FROM edges
  UNION ALL
  SELECT w.id, e.next_id, list_append(w.path, e.alias_id) FROM walks AS w JOIN edges AS e ON e.alias_id = w.at_id WHERE NOT list_contains(w.path, w.at_id)
),
ends AS (SELECT id, arg_max(at_id, len(path)) AS at_id, arg_max(path, len(path)) AS path FROM walks GROUP BY id),
-- Where it came round, the cycle; the universal id is the next alias of the cycle's newest edge: the id that became current last.
cycles AS (
  SELECT w.id, arg_max(e.next_id, (e.seen_at, e.next_id, e.alias_id)) AS root_id, bool_or(e.alias_id = w.id) AS in_cycle
  FROM (SELECT id, unnest(list_slice(path, list_position(path, at_id), len(path))) AS node FROM ends WHERE list_contains(path, at_id)) AS w
  JOIN edges AS e ON e.alias_id = w.node
  GROUP BY w.id
)
SELECT
  e.id, coalesce(c.root_id, e.at_id) AS root_id, coalesce(c.in_cycle, false) AS in_cycle,
  CAST(coalesce(list_position(e.path, c.root_id) - 1, len(e.path)) AS INTEGER) AS hops
FROM ends AS e
LEFT JOIN cycles AS c USING (id)
