-- Which edges count (no end is blocked, none is denied by hand), and which is each alias's latest: the greatest (seen_at, next_alias).
WITH
edges AS MATERIALIZED (
  SELECT
    alias_id, next_id, seen_at,
    alias_id NOT IN (SELECT id FROM blocked) AND next_id NOT IN (SELECT id FROM blocked)
    {{- ' AND (alias_id, next_id) NOT IN (SELECT (alias_id, next_id) FROM denied)' if some_denied }} AS is_usable
  FROM {{ edges }}
),
-- Mostly an alias has one edge, which is its latest.
several AS MATERIALIZED ({{ 'FROM forked' if is_forked_known else 'SELECT alias_id FROM edges GROUP BY alias_id HAVING count(*) > 1' }}),
-- Of several the newest is; of several that are equally new, the text decides.
latest AS (
  SELECT e.alias_id, arg_max(e.next_id, (e.seen_at, i.alias)) AS next_id
  FROM edges AS e
  JOIN clew.identifiers AS i ON i.id = e.next_id
  WHERE e.is_usable AND e.alias_id IN (SELECT alias_id FROM several)
  GROUP BY e.alias_id
)
SELECT e.alias_id, e.next_id, e.seen_at, e.is_usable, e.is_usable AND (l.next_id IS NULL OR l.next_id = e.next_id) AS is_latest
FROM edges AS e
LEFT JOIN latest AS l USING (alias_id)
