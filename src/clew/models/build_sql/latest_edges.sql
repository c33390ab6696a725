-- Which edges count (no end is blocked, none is denied by hand), and which is each alias's latest: the greatest (seen_at, next_alias).
WITH
edges AS (
  SELECT
    alias_id, next_id, seen_at,
    alias_id NOT IN (SELECT id FROM blocked) AND next_id NOT IN (SELECT id FROM blocked)
    {{- ' AND (alias_id, next_id) NOT IN (SELECT (alias_id, next_id) FROM denied)' if some_denied }} AS is_usable
  FROM {{ edges }}
),
newest AS (SELECT alias_id, arg_max(next_id, seen_at) AS next_id, max(seen_at) AS seen_at FROM edges WHERE is_usable GROUP BY alias_id),
-- Of several that are equally new, the text decides.
tied AS (
  SELECT alias_id FROM edges JOIN newest USING (alias_id, seen_at) WHERE is_usable GROUP BY alias_id HAVING count(*) > 1
),
decided AS (
  SELECT e.alias_id, arg_max(e.next_id, i.alias) AS next_id
  FROM edges AS e
  JOIN newest AS n ON n.alias_id = e.alias_id AND n.seen_at = e.seen_at
  JOIN clew.identifiers AS i ON i.id = e.next_id
  WHERE e.is_usable AND e.alias_id IN (SELECT alias_id FROM tied)
  GROUP BY e.alias_id
)
SELECT e.alias_id, e.next_id, e.seen_at, e.is_usable, e.is_usable AND e.next_id = coalesce(d.next_id, n.next_id) AS is_latest
FROM edges AS e
LEFT JOIN newest AS n USING (alias_id)
LEFT JOIN decided AS d USING (alias_id)
