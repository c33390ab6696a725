-- The identifiers of each message and when it was; spaces are numbered by their place in the list of all.
SELECT
  CAST(list_position({{ spaces_list }}, {{ space('source') }}) - 1 AS INTEGER) AS space,
  least(timestamp, received_at) AS number,
  anonymous_id,
  user_id{{ ',' if 'previous_number' in optional }}
{% if 'previous_number' in optional %}
  previous_id,
  type = 'alias' AS is_alias
{% endif %}
FROM {{ events }}
WHERE coalesce(anonymous_id, user_id{{ ', previous_id' if 'previous_number' in optional }}) IS NOT NULL{{ and_new }}
