-- The identifiers that have a number; spaces are numbered by their place in the list of all.
SELECT CAST(list_position({{ spaces_list }}, space) - 1 AS INTEGER) AS space, CAST(id AS BIGINT) AS number, alias
FROM clew.identifiers
WHERE list_contains({{ spaces_list }}, space)
