-- Identifiers that were never seen before. The known ones are taken out before the distinct ones are sought: mostly all are known.
WITH
seen AS (
  SELECT space, anonymous_id AS alias FROM pairs
  UNION ALL
  SELECT space, user_id FROM pairs
{% if 'previous_number' in optional %}
  UNION ALL
  SELECT space, previous_id FROM pairs
{% endif %}
),
new AS (SELECT space, alias FROM seen ANTI JOIN {{ identifiers }} USING (space, alias) WHERE alias IS NOT NULL)
SELECT nextval('clew.identifier_numbers') AS id, space, alias
FROM (SELECT DISTINCT space, alias FROM new)
