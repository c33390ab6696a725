-- Every track, page and screen event with its person, in no order. Text that repeats is kept as the number of its row in `identifiers`,
-- `event_kinds`, `event_contexts` and `event_texts`; `mapped_tracks` reads it back. Only there during a build.
WITH
events AS (
  SELECT
    {{ space('source') }} AS space, source, message_id, type, coalesce(event, '') AS event, coalesce(platform, '') AS platform,
    {{ model_time }} AS model_time, {{ is_suspect }} AS is_suspect, timestamp, received_at, batch_index, load_id, activity, anonymous_id, user_id, group_id, {{ device }} AS device,
    {{ context }} AS context, {{ page }} AS page, {{ referrer }} AS referrer
  FROM {{ events }}
  WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
),
-- An event that names its user is that user's. One that names only the device is the person's whom the device leads to.
plain AS (
  SELECT e.*, u.id AS user_number, a.id AS anonymous_number, coalesce(u.user_person_id, a.device_person_id) AS person_id
  FROM events AS e
  LEFT JOIN {{ ref('alias_people') }} AS u ON u.alias = e.user_id{{ ' AND u.space = e.space' if spaces }}
  LEFT JOIN {{ ref('alias_people') }} AS a ON a.alias = e.anonymous_id{{ ' AND a.space = e.space' if spaces }}
  WHERE u.user_person_id IS NOT NULL OR a.is_shared IS NOT TRUE
),
-- On a shared device it depends on when.
on_shared_devices AS (
  SELECT e.*, u.id AS user_number, a.id AS anonymous_number
  FROM events AS e
  JOIN (SELECT * FROM {{ ref('alias_people') }} WHERE is_shared) AS a ON a.alias = e.anonymous_id{{ ' AND a.space = e.space' if spaces }}
  LEFT JOIN {{ ref('alias_people') }} AS u ON u.alias = e.user_id{{ ' AND u.space = e.space' if spaces }}
  WHERE u.user_person_id IS NULL
),
placed AS (
  SELECT * FROM plain
  UNION ALL
  SELECT s.*, i.person_id
  FROM on_shared_devices AS s
  ASOF JOIN (SELECT id, coalesce(valid_from, TIMESTAMP '0001-01-01') AS valid_from, person_id FROM {{ ref('alias_intervals') }}) AS i
    ON i.id = s.anonymous_number AND s.model_time >= i.valid_from
)
-- What the rules say of the event's kind. Only a known person's activity, of kinds not ignored, is counted in sessions; what is not counted
-- stands apart, under the person's negative number.
SELECT
  CASE WHEN p.activity AND NOT k.is_excluded AND NOT k.is_ignored THEN p.person_id ELSE -p.person_id END AS person,
  p.model_time, k.kind_id, p.message_id, p.anonymous_number, p.user_number, p.activity AND NOT k.is_excluded AS is_activity
{%- if 'other_time' not in absent %},
  CASE WHEN p.is_suspect THEN p.timestamp ELSE p.received_at END AS other_time, p.is_suspect
{%- endif %}
{%- if 'batch_index' not in absent %}, p.batch_index{% endif %}
{%- if 'load_id' not in absent %}, p.load_id{% endif %}
{%- if 'context' not in absent %}, c.context_id{% endif %}
{%- if 'page' not in absent %}, g.text_id AS page_number{% endif %}
{%- if 'referrer' not in absent %}, r.text_id AS referrer_number{% endif %}
{%- if 'group_id' not in absent %}, o.text_id AS group_number{% endif %}
{%- if 'device' not in absent %}, d.text_id AS device_number{% endif %}
{%- if sessions.scope == 'platform' %}, k.platform AS unit{% endif %}
{%- if sessions.scope == 'device' %}, {{ 'd.text_id' if 'device' not in absent else '0' }} AS unit{% endif %}

FROM placed AS p
JOIN {{ ref('event_kinds') }} AS k ON k.source = p.source AND k.type = p.type AND k.event = p.event AND k.platform = p.platform
{% if 'context' not in absent %}
LEFT JOIN {{ ref('event_contexts') }} AS c ON c.context = p.context
{% endif %}
{% if 'page' not in absent %}
LEFT JOIN {{ ref('event_texts') }} AS g ON g.text = p.page
{% endif %}
{% if 'referrer' not in absent %}
LEFT JOIN {{ ref('event_texts') }} AS r ON r.text = p.referrer
{% endif %}
{% if 'group_id' not in absent %}
LEFT JOIN {{ ref('event_texts') }} AS o ON o.text = p.group_id
{% endif %}
{% if 'device' not in absent %}
LEFT JOIN {{ ref('event_texts') }} AS d ON d.text = p.device
{% endif %}
