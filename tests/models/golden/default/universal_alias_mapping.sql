-- One row an alias, universal ids included. `person_id` is the number that `clew.people` gave the universal id, once and for ever.
SELECT
  a.alias, u.alias AS universal_user_id,
  CAST('0x' || left(md5('the project''s secret salt' || a.space || u.alias), 15) AS BIGINT) AS universal_hash,
  a.hops, a.first_seen_at, a.last_seen_at, a.space, p.person_id, a.id, a.is_held_back
FROM universal_aliases AS a
JOIN identifiers AS u ON u.id = a.universal_id
JOIN clew.people AS p ON p.universal_user_id = u.alias AND p.space = u.space
