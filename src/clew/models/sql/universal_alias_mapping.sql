-- One row an alias: the person it belongs to. (A build follows the edges over arrays: this walk is quadratic in the length of a chain.)
WITH RECURSIVE
{% include '_blocked.sql' %},
edges AS (SELECT space, alias, next_alias, seen_at FROM {{ ref('alias_edges') }} WHERE is_latest),
-- Each alias walks along the latest edges, until it has no further edge or comes where it has been.
walks AS (
  SELECT space, alias, next_alias AS stands_at, [alias] AS path FROM edges
  UNION ALL
  SELECT w.space, w.alias, e.next_alias, list_append(w.path, e.alias)
  FROM walks AS w
  JOIN edges AS e ON e.space = w.space AND e.alias = w.stands_at
  WHERE NOT list_contains(w.path, w.stands_at)
),
ends AS (
  SELECT space, alias, arg_max(stands_at, len(path)) AS stands_at, arg_max(path, len(path)) AS path FROM walks GROUP BY space, alias
),
-- Where it came round, the cycle; the universal id is the next alias of the cycle's newest edge: the id that became current last.
cycles AS (
  SELECT w.space, w.alias, arg_max(e.next_alias, (e.seen_at, e.next_alias, e.alias)) AS root
  FROM (
    SELECT space, alias, unnest(list_slice(path, list_position(path, stands_at), len(path))) AS node FROM ends WHERE list_contains(path, stands_at)
  ) AS w
  JOIN edges AS e ON e.space = w.space AND e.alias = w.node
  GROUP BY w.space, w.alias
),
roots AS (
  SELECT e.space, e.alias, coalesce(c.root, e.stands_at) AS root, coalesce(list_position(e.path, c.root) - 1, len(e.path)) AS hops
  FROM ends AS e
  LEFT JOIN cycles AS c USING (space, alias)
),
-- Every identifier that is not blocked, with when it was seen.
sightings AS (
  SELECT {{ space('source') }} AS space, unnest([anonymous_id, user_id, previous_id]) AS alias, least(timestamp, received_at) AS seen_at
  FROM {{ events }}
),
seen AS (
  SELECT space, alias, min(seen_at) AS first_seen_at, max(seen_at) AS last_seen_at
  FROM sightings
  WHERE alias IS NOT NULL AND (space, alias) NOT IN (SELECT (space, alias) FROM blocked)
  GROUP BY space, alias
),
-- Merge protection: a person's leaves (aliases that nothing points at) beyond the first {{ identity.max_aliases_per_person }} stay people of their own.
held_back AS (
  SELECT space, alias
  FROM roots
  JOIN seen USING (space, alias)
  WHERE (space, alias) NOT IN (SELECT (space, next_alias) FROM edges)
  QUALIFY row_number() OVER (PARTITION BY space, root ORDER BY first_seen_at, alias) > {{ identity.max_aliases_per_person }}
),
-- Those without an edge, and those held back, are their own universal id.
resolved AS (
  SELECT
    i.space, i.alias, i.first_seen_at, i.last_seen_at, h.alias IS NOT NULL AS is_held_back,
    CASE WHEN h.alias IS NULL THEN coalesce(r.root, i.alias) ELSE i.alias END AS universal_user_id,
    CASE WHEN h.alias IS NULL THEN coalesce(r.hops, 0) ELSE 0 END AS hops
  FROM seen AS i
  LEFT JOIN roots AS r USING (space, alias)
  LEFT JOIN held_back AS h USING (space, alias)
)
SELECT
  r.alias, r.universal_user_id,
  CAST('0x' || left(md5({{ salt }} || r.space || r.universal_user_id), 15) AS BIGINT) AS universal_hash,
  CAST(r.hops AS INTEGER) AS hops, r.first_seen_at, r.last_seen_at, r.space,
  -- The number that the universal id was given when it was first seen.
  CAST(n.id AS BIGINT) AS person_id,
  r.is_held_back
FROM resolved AS r
JOIN clew.identifiers AS n ON n.space = r.space AND n.alias = r.universal_user_id
