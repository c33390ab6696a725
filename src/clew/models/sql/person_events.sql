-- Every track, page and screen event with its person, person by person, and each person's in the total order. The numbers lead to `identifiers`,
-- `event_kinds`, `event_contexts` and `event_texts`.
SELECT
  person, model_time,
  {{ 'other_time, is_suspect' if 'other_time' not in absent else 'model_time AS other_time, false AS is_suspect' }},
  {{ 'batch_index' if 'batch_index' not in absent else 'CAST(0 AS INTEGER) AS batch_index' }}, kind_id, message_id, anonymous_number, user_number,
{% for column, needed in (('device_number', 'device'), ('group_number', 'group_id'), ('context_id', 'context'), ('page_number', 'page'), ('referrer_number', 'referrer')) %}
  {{ column if needed not in absent else 'CAST(NULL AS INTEGER) AS ' ~ column }},
{% endfor %}
  {{ 'load_id' if 'load_id' not in absent else 'CAST(' ~ load_id ~ ' AS BIGINT) AS load_id' }}, is_activity
FROM {{ ref('placed_events') }}
{% if piece %}
WHERE {{ piece }}
{% endif %}
ORDER BY
  person{{ ', unit' if unit_number }}, model_time
  {{- ', CASE WHEN is_suspect THEN model_time ELSE other_time END' if 'other_time' not in absent }}
  {{- ', batch_index' if 'batch_index' not in absent }}{{ ', kind_id // ' ~ kinds_per_source if 'sources' not in absent }}, message_id
