-- Identifiers with the person each leads to (none if it is blocked), and whether it is a shared device.
SELECT
  i.space, i.alias, i.id, CASE WHEN NOT a.is_blocked THEN a.universal_id END AS person_id, i.id IN (SELECT id FROM {{ ref('shared_devices') }}) AS is_shared
FROM clew.identifiers AS i
JOIN {{ ref('aliases') }} AS a USING (id)
{% if chosen %}
WHERE i.id IN ({{ chosen }})
{% endif %}
