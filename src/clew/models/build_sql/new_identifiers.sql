-- Identifiers that were never seen before, with what makes one blocked: it is compared trimmed (of all white space) and in lower case.
WITH
seen AS (
  SELECT space, anonymous_id AS alias FROM pairs
  UNION
  SELECT space, user_id FROM pairs
  UNION
  SELECT space, previous_id FROM pairs
)
SELECT nextval('clew.identifier_numbers') AS id, space, alias
FROM seen
ANTI JOIN clew.identifiers USING (space, alias)
WHERE alias IS NOT NULL
