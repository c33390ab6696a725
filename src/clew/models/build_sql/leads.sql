-- Where the identifiers of the messages in hand lead, by their numbers: to which person (none if it is blocked), and whether it is a shared device.
SELECT
  id, CASE WHEN NOT is_blocked THEN universal_id END AS person_id, id IN (SELECT id FROM {{ ref('shared_devices') }}) AS is_shared
FROM {{ ref('aliases') }}
WHERE id IN (SELECT anonymous_number FROM hand UNION SELECT user_number FROM hand)
