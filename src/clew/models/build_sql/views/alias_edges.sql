-- Which alias was seen to become which; each alias follows its latest edge.
SELECT a.alias, n.alias AS next_alias, e.seen_at, e.is_latest, a.space
FROM {{ ref('edges') }} AS e
JOIN clew.identifiers AS a ON a.id = e.alias_id
JOIN clew.identifiers AS n ON n.id = e.next_id
WHERE e.is_usable
