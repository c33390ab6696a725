-- Every track, page and screen event with its person and its session, stored person by person in the total order. Text that repeats is kept as the
-- number of its row in `identifiers`, `event_kinds`, `event_contexts` and `event_texts`; `mapped_tracks` reads it back.
WITH
events AS (
  SELECT
    {{ space('source') }} AS space, source, message_id, type, coalesce(event, '') AS event, coalesce(platform, '') AS platform,
    {{ model_time }} AS model_time, {{ is_suspect }} AS is_suspect, timestamp, received_at, batch_index, load_id, activity, anonymous_id, user_id, group_id, device_id,
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
),
-- What the rules say of the event's kind. Only a known person's activity, of kinds not ignored, is counted in sessions; what is not counted is
-- numbered apart, under the person's negative number.
judged AS (
  SELECT
    CASE WHEN p.activity AND NOT k.is_excluded AND NOT k.is_ignored THEN p.person_id ELSE -p.person_id END AS person,
    p.model_time, CASE WHEN p.is_suspect THEN p.timestamp ELSE p.received_at END AS other_time, p.is_suspect,
    p.batch_index, k.kind_id, p.message_id, p.anonymous_number, p.user_number, d.text_id AS device_number, o.text_id AS group_number, p.load_id,
    p.activity AND NOT k.is_excluded AS is_activity, c.context_id, g.text_id AS page_number, r.text_id AS referrer_number
    {{- ', k.ends_session' if sessions.end_events }}
    {{- ', CASE WHEN c.has_campaign THEN c.campaign_id END AS campaign_id' if sessions.new_on_campaign }}
    {{- ', p.platform' if sessions.scope == 'platform' }}{{ ', p.device_id' if sessions.scope == 'device' }}
    {{- ', CAST(p.model_time + z.utc_offset AS DATE) AS local_day' if sessions.new_at_midnight }}
  FROM placed AS p
  JOIN {{ ref('event_kinds') }} AS k ON k.source = p.source AND k.type = p.type AND k.event = p.event AND k.platform = p.platform
  LEFT JOIN {{ ref('event_contexts') }} AS c ON c.context = p.context
  LEFT JOIN {{ ref('event_texts') }} AS g ON g.text = p.page
  LEFT JOIN {{ ref('event_texts') }} AS r ON r.text = p.referrer
  LEFT JOIN {{ ref('event_texts') }} AS o ON o.text = p.group_id
  LEFT JOIN {{ ref('event_texts') }} AS d ON d.text = nullif(p.device_id, p.anonymous_id)
{% if sessions.new_at_midnight %}
  ASOF JOIN {{ ref('zone_offsets') }} AS z ON p.model_time >= z.utc_from
{% endif %}
),
-- The one great sort: each {{ unit_words }}'s events in the total order, with what came before.
ordered AS (
  SELECT
    *,
    CAST(row_number() OVER unit AS INTEGER) AS event_number,
{% if sessions.new_at_midnight %}
    lag(local_day) OVER unit AS previous_day,
{% endif %}
{% if sessions.end_events %}
    lag(ends_session) OVER unit AS previous_ends,
{% endif %}
    lag(model_time) OVER unit AS previous_at
  FROM judged
  WINDOW unit AS (
    PARTITION BY {{ unit }}
    ORDER BY model_time, CASE WHEN is_suspect THEN model_time ELSE other_time END, batch_index, kind_id // {{ kinds_per_source }}, message_id
  )
),
-- First pass: an event opens a run if it is the {{ unit_words }}'s first, or after idle time greater than the limit
{%- if sessions.new_at_midnight %}, or on another local day{% endif %}
{%- if sessions.end_events %}, or after an end event{% endif %}
{%- if sessions.start_events %}, or as a start event{% endif %}.
runs AS (
  SELECT
    o.*,
    o.previous_at IS NULL OR o.model_time - o.previous_at > {{ 'k.inactivity' if sessions.platform_inactivity_minutes else sessions.inactivity_minutes | minutes }}
{% if sessions.new_at_midnight %}
      OR o.local_day <> o.previous_day
{% endif %}
{% if sessions.end_events %}
      OR (o.previous_ends AND NOT o.ends_session)
{% endif %}
{% if sessions.start_events %}
      OR (k.starts_session AND o.model_time - o.previous_at > {{ sessions.start_grace_seconds | seconds }})
{% endif %}
      AS opens_run,
    k.source
  FROM ordered AS o
  JOIN {{ ref('event_kinds') }} AS k USING (kind_id)
),
{% if second_pass %}
numbered_runs AS (
  SELECT
    *,
    count_if(opens_run) OVER unit AS run_number,
    max(CASE WHEN opens_run THEN model_time END) OVER unit AS run_start
  FROM runs
  WINDOW unit AS (PARTITION BY {{ unit }} ORDER BY event_number ROWS UNBOUNDED PRECEDING)
),
-- Second pass, inside a run:
{%- if sessions.new_on_campaign %} a campaign other than the last one in the run{% endif %}
{%- if sessions.new_on_campaign and sessions.max_minutes %}, or{% endif %}
{%- if sessions.max_minutes %} another stretch of {{ sessions.max_minutes }} minutes since the run's start{% endif %}.
openings AS (
  SELECT
    *,
    opens_run
{% if sessions.new_on_campaign %}
      OR (campaign_id IS NOT NULL AND campaign_id IS DISTINCT FROM last_value(campaign_id IGNORE NULLS) OVER earlier)
{% endif %}
{% if sessions.max_minutes %}
      OR epoch_us(model_time - run_start) // {{ longest }} <> epoch_us(previous_at - run_start) // {{ longest }}
{% endif %}
      AS opens
  FROM numbered_runs
{% if sessions.new_on_campaign %}
  WINDOW earlier AS (PARTITION BY {{ unit }}, run_number ORDER BY event_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
{% endif %}
),
{% else %}
openings AS (SELECT *, opens_run AS opens FROM runs),
{% endif %}
-- A session goes by the hash of its first event's key, so that a late event elsewhere does not rename it.
named AS (
  SELECT *, CASE WHEN opens AND person > 0 THEN CAST('0x' || left(md5(source || '/' || message_id), 15) AS BIGINT) END AS new_session_id
  FROM openings
)
SELECT
  abs(person) AS person_id, model_time, other_time, is_suspect, batch_index, kind_id, message_id, anonymous_number, user_number, device_number,
  group_number, load_id, is_activity, context_id, page_number, referrer_number,
  last_value(new_session_id IGNORE NULLS) OVER unit AS session_id,
  CASE WHEN person > 0 THEN event_number - max(CASE WHEN opens THEN event_number END) OVER unit + 1 END AS track_sequence_number,
  event_number
FROM named
WINDOW unit AS (PARTITION BY {{ unit }} ORDER BY event_number ROWS UNBOUNDED PRECEDING)
