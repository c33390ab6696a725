-- Every identifier, and which of them count as absent: trimmed of all white space and in lower case, nothing but 0 and -{{ ', or one of the list' if identity.blocked }}.
identifiers AS (
  SELECT DISTINCT {{ space('source') }} AS space, unnest([anonymous_id, user_id, previous_id]) AS alias FROM {{ events }}
),
blocked AS (
  SELECT space, alias
  FROM (SELECT *, lower(trim(alias, {{ white_space }})) AS bare FROM identifiers)
  WHERE trim(bare, '0-') = ''{% if identity.blocked %} OR bare IN {{ identity.blocked | texts }}{% endif %}

)
