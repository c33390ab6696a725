-- Identifiers with the person each leads to (none if it is blocked), in which role they came, and whether it is a shared device.
SELECT
  i.space, i.alias, i.id, CASE WHEN NOT a.is_blocked THEN a.universal_id END AS person_id, a.as_anonymous, a.as_user,
  i.id IN (SELECT id FROM {{ ref('shared_devices') }}) AS is_shared
FROM {{ identifiers }} AS i
JOIN {{ ref('aliases') }} AS a ON a.id = i.id
