WITH
-- An anonymous id that comes with a user id is that user's; an alias call says that the previous id is now the user id.
pairs AS (
  SELECT space, anonymous_id AS alias, user_id AS next_alias, last_seen_at AS seen_at FROM {{ ref('id_pairs') }}
  UNION ALL
  SELECT space, previous_id, user_id, last_seen_at FROM {{ ref('id_pairs') }} WHERE is_alias
),
-- Without edges to itself, edges of blocked identifiers{% if identity.denied %}, and edges denied by hand{% endif %}.
edges AS (
  SELECT a.id AS alias_id, n.id AS next_id, any_value(a.alias) AS alias, any_value(n.alias) AS next_alias, max(p.seen_at) AS seen_at,
    any_value(a.space) AS space
  FROM pairs AS p
  JOIN {{ ref('identifiers') }} AS a ON a.alias = p.alias AND a.space = p.space
  JOIN {{ ref('identifiers') }} AS n ON n.alias = p.next_alias AND n.space = p.space
  WHERE a.id <> n.id AND NOT a.is_blocked AND NOT n.is_blocked
{% for size, edge in ((2, '(a.alias, n.alias)'), (3, '(a.alias, n.alias, a.space)')) if identity.denied | map('length') | select('eq', size) | list %}
    AND {{ edge }} NOT IN ({% for denied in identity.denied if denied | length == size %}{{ ', ' if not loop.first }}{{ denied | texts }}{% endfor %})
{% endfor %}
  GROUP BY ALL
)
-- Each alias follows its latest edge: the greatest (seen_at, next_alias).
SELECT
  alias_id, next_id, alias, next_alias, seen_at,
  row_number() OVER (PARTITION BY alias_id ORDER BY seen_at DESC, next_id DESC) = 1 AS is_latest,
  space
FROM edges
