-- Which identifiers count as absent: compared trimmed (of all white space) and in lower case.
WITH bare AS (
  SELECT id, lower(CASE WHEN regexp_matches(alias, '^[!-~].*[!-~]$') THEN alias ELSE trim(alias, {{ white_space }}) END) AS bare
  FROM clew.identifiers
  WHERE id IN (SELECT id FROM seen)
)
SELECT id
FROM bare
WHERE trim(bare, '0-') = ''{% if identity.blocked %} OR bare IN {{ identity.blocked | texts }}{% endif %}

