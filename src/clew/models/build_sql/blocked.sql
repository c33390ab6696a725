-- Which identifiers count as absent: compared trimmed (of all white space) and in lower case.
WITH
-- Trimming is dear, and hardly any begins or ends with white space: not those of plain ASCII with a letter, digit or sign at either end.
ends AS (
  SELECT id, alias, strlen(alias) <> length(alias) OR alias < '!' OR ascii(alias[-1]) <= 32 AS may_be_ragged
  FROM {{ identifiers }}
),
-- Of these, what is longer than all on the list, and does not begin with a zero or dash, is no match.
doubtful AS MATERIALIZED (
  SELECT * FROM ends WHERE may_be_ragged OR strlen(alias) <= {{ longest_blocked }} OR ascii(alias) IN (ascii('0'), ascii('-'))
),
bare AS (SELECT id, lower(CASE WHEN may_be_ragged THEN trim(alias, {{ white_space }}) ELSE alias END) AS bare FROM doubtful)
SELECT id
FROM bare
WHERE trim(bare, '0-') = ''{% if identity.blocked %} OR bare IN {{ identity.blocked | texts }}{% endif %}

