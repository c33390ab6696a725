-- The messages with a number for each text that repeats, and what their identifiers lead to. 0 stands for none.
SELECT
  e.event_number, {{ model_time if 'is_suspect' in optional else 'e.timestamp' }} AS model_time, k.kind_id, coalesce(a.id, 0) AS anonymous_number, coalesce(u.id, 0) AS user_number,
{{- column('activity', 'coalesce(e.activity, true)', 'true') }}
{{- column('is_suspect', is_suspect, 'false') }}
{{- column('other_time', 'CASE WHEN ' ~ is_suspect ~ ' THEN e.timestamp ELSE e.received_at END', 'e.timestamp') }}
{{- column('batch_index', 'e.batch_index', '0') }}
{{- column('previous_number', 'coalesce(v.id, 0)', '0') }}
{{- column('context_id', 'coalesce(c.context_id, 0)', '0') }}
{{- column('page_number', 'coalesce(g.text_id, 0)', '0') }}
{{- column('referrer_number', 'coalesce(r.text_id, 0)', '0') }}
{{- column('group_number', 'coalesce(o.text_id, 0)', '0') }}
{{- column('device_number', 'coalesce(d.text_id, 0)', '0') }}
  u.person_id AS user_person, a.person_id AS device_person, coalesce(a.is_shared, false) AS on_shared_device
FROM {{ enriched if 'context_id' in optional else events }} AS e
JOIN clew.event_kinds AS k ON {% for column in kind_key %}k.{{ column }} = coalesce(e.{{ column }}, ''){{ ' AND ' if not loop.last }}{% endfor %}

LEFT JOIN (FROM identifier_people WHERE as_anonymous) AS a ON a.alias = e.anonymous_id{{ and_space('a') }}
LEFT JOIN (FROM identifier_people WHERE as_user) AS u ON u.alias = e.user_id{{ and_space('u') }}
{% for join in joins %}
{{ join }}
{% endfor %}
WHERE true{{ and_new }}
