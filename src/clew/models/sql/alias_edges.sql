-- Which alias was seen to become which, and when last; each alias follows its latest edge.
WITH
{% include '_blocked.sql' %},
-- An anonymous id that comes with a user id is that user's; an alias call says that the previous id is now the user id.
pairs AS (
  SELECT {{ space('source') }} AS space, anonymous_id AS alias, user_id AS next_alias, least(timestamp, received_at) AS seen_at
  FROM {{ events }}
  UNION ALL
  SELECT {{ space('source') }}, previous_id, user_id, least(timestamp, received_at)
  FROM {{ events }}
  WHERE type = 'alias'
),
-- Without edges to itself, edges of blocked identifiers{% if identity.denied %}, and edges denied by hand{% endif %}.
edges AS (
  SELECT space, alias, next_alias, max(seen_at) AS seen_at
  FROM pairs
  WHERE alias <> next_alias
    AND (space, alias) NOT IN (SELECT (space, alias) FROM blocked)
    AND (space, next_alias) NOT IN (SELECT (space, alias) FROM blocked)
{% for size, edge in ((2, '(alias, next_alias)'), (3, '(alias, next_alias, space)')) if identity.denied | map('length') | select('eq', size) | list %}
    AND {{ edge }} NOT IN ({% for denied in identity.denied if denied | length == size %}{{ ', ' if not loop.first }}{{ denied | texts }}{% endfor %})
{% endfor %}
  GROUP BY ALL
)
SELECT
  alias, next_alias, seen_at,
  -- The greatest (seen_at, next_alias); text is compared by its bytes.
  row_number() OVER (PARTITION BY space, alias ORDER BY seen_at DESC, next_alias DESC) = 1 AS is_latest,
  space
FROM edges
