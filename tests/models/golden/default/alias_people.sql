-- Each identifier with the person it stands for: as a user id, and as the only id of an event (unknown here where a device is shared: see alias_intervals).
WITH devices AS (
  SELECT id, any_value(person_id) AS person_id, count(*) > 1 AS is_shared FROM alias_intervals GROUP BY id
)
SELECT
  i.id, i.space, i.alias, m.person_id AS user_person_id, CASE WHEN NOT d.is_shared THEN d.person_id END AS device_person_id,
  coalesce(d.is_shared, false) AS is_shared
FROM identifiers AS i
LEFT JOIN universal_alias_mapping AS m USING (id)
LEFT JOIN devices AS d USING (id)
