-- Every combination of identifiers, with numbers, of the messages that name one of those concerned: as `pairs` has them of new messages.
SELECT
  nullif(anonymous_number, 0) AS anonymous_number, nullif(user_number, 0) AS user_number, nullif(previous_number, 0) AS previous_number,
  kind_id IN (SELECT kind_id FROM clew.event_kinds WHERE type = 'alias') AS is_alias,
  -- The two times of a message are these, in one order or the other.
  min(least(model_time, other_time)) AS first_seen_at,
  max(least(model_time, other_time)) AS last_seen_at
FROM {{ ref('person_events') }}
WHERE anonymous_number IN (SELECT id FROM bereft) OR user_number IN (SELECT id FROM bereft) OR previous_number IN (SELECT id FROM bereft)
GROUP BY ALL
