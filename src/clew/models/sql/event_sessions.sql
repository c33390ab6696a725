-- Each counted event with its session: the definition of what `clew.models.cut` computes over the stored order, as arrays.
WITH
events AS (
  SELECT
    e.*
    {{- ', k.ends_session' if sessions.end_events }}
    {{- ', CASE WHEN c.has_campaign THEN c.campaign_id END AS campaign_id' if sessions.new_on_campaign }}
    {{- ', k.platform' if sessions.scope == 'platform' }}{{ ', e.device_number AS device' if sessions.scope == 'device' }}
    {{- ', CAST(e.model_time + z.utc_offset AS DATE) AS local_day' if sessions.new_at_midnight }}
  FROM {{ ref('person_events') }} AS e
{% if sessions.end_events or sessions.scope == 'platform' %}
  JOIN {{ ref('event_kinds') }} AS k USING (kind_id)
{% endif %}
{% if sessions.new_on_campaign %}
  LEFT JOIN {{ ref('event_contexts') }} AS c USING (context_id)
{% endif %}
{% if sessions.new_at_midnight %}
  ASOF JOIN {{ ref('zone_offsets') }} AS z ON e.model_time >= z.utc_from
{% endif %}
  WHERE e.person > 0
),
-- Each {{ unit_words }}'s events in the total order, with what came before.
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
  FROM events
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
  SELECT *, CASE WHEN opens THEN CAST('0x' || left(md5(source || '/' || message_id), 15) AS BIGINT) END AS new_session_id
  FROM openings
)
SELECT
  person AS person_id, model_time, kind_id, message_id, context_id, page_number, referrer_number, anonymous_number, device_number, batch_index, other_time,
  is_suspect,
  last_value(new_session_id IGNORE NULLS) OVER unit AS session_id,
  event_number - max(CASE WHEN opens THEN event_number END) OVER unit + 1 AS track_sequence_number,
  event_number
FROM named
WINDOW unit AS (PARTITION BY {{ unit }} ORDER BY event_number ROWS UNBOUNDED PRECEDING)
