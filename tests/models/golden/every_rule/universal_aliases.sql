WITH
-- A leaf is an alias that nothing points at. Only leaves are ever held back, never a link of a chain.
leaves AS (
  SELECT r.id, r.root_id, i.first_seen_at
  FROM alias_roots AS r
  JOIN identifiers AS i USING (id)
  WHERE r.id NOT IN (SELECT next_id FROM alias_edges WHERE is_latest)
),
-- Merge protection: a person's leaves beyond the first 7 stay people of their own.
held_back AS (
  SELECT id FROM leaves QUALIFY row_number() OVER (PARTITION BY root_id ORDER BY first_seen_at, id) > 7
)
-- One row for each identifier that is not blocked; those without an edge, and those held back, are their own universal id.
SELECT
  i.id, i.space, i.alias, i.first_seen_at, i.last_seen_at, i.as_anonymous, i.as_user,
  CASE WHEN h.id IS NULL THEN coalesce(r.root_id, i.id) ELSE i.id END AS universal_id,
  CASE WHEN h.id IS NULL THEN coalesce(r.hops, 0) ELSE 0 END AS hops,
  coalesce(r.in_cycle, false) AS in_cycle,
  h.id IS NOT NULL AS is_held_back,
  r.root_id
FROM identifiers AS i
LEFT JOIN alias_roots AS r USING (id)
LEFT JOIN held_back AS h USING (id)
WHERE NOT i.is_blocked
