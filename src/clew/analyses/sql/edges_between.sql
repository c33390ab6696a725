-- The edges between two identifiers, in either direction.
-- $alias, $next_alias: the identifiers; $space: the identity space.
SELECT alias, next_alias
FROM main.alias_edges
WHERE space = $space
    AND ((alias = $alias AND next_alias = $next_alias) OR (alias = $next_alias AND next_alias = $alias));
