-- People who were never there before.
WITH
{% if dirty_only %}
-- Of the people concerned alone: nobody else can be new.
concerned AS MATERIALIZED (
  SELECT person FROM dirty
  UNION
  SELECT universal_id FROM {{ ref('aliases') }} WHERE id IN (SELECT id FROM seen)
),
{% else %}
concerned AS (SELECT DISTINCT universal_id AS person FROM {{ ref('aliases') }}),
{% endif %}
new AS MATERIALIZED (
  SELECT person FROM concerned
  ANTI JOIN blocked ON blocked.id = concerned.person
  ANTI JOIN clew.people ON people.person_id = concerned.person
)
SELECT n.person AS person_id, CAST('0x' || left(md5({{ salt }} || i.space || i.alias), 15) AS BIGINT) AS universal_hash
FROM new AS n
JOIN clew.identifiers AS i ON i.id = n.person
