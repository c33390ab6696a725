-- Every track, page and screen event with its person and session, in the columns that reports read.
-- `mapped_tracks` has the identifiers and the message's key too, at the price of looking them up.
WITH
tracks AS (
  SELECT
    t.*, e.event_number
    {{- ', e.device_id AS device' if sessions.scope == 'device' }}
    {{- ", nullif((nullif(e.utm_source, ''), nullif(e.utm_medium, ''), nullif(e.utm_campaign, '')), (NULL, NULL, NULL)) AS campaign" if sessions.new_on_campaign }}
    {{- ', CAST(t.model_time + z.utc_offset AS DATE) AS local_day' if sessions.new_at_midnight }}
  FROM {{ ref('mapped_tracks') }} AS t
  JOIN {{ events }} AS e USING (source, message_id)
{% if sessions.new_at_midnight %}
  ASOF JOIN {{ ref('zone_offsets') }} AS z ON t.model_time >= z.utc_from
{% endif %}
),
-- Only a known person's activity{{ ', of events not ignored,' if sessions.ignore_events }} is counted in sessions. Each {{ unit_words }}'s events in the total order, with what came before.
ordered AS (
  SELECT
    *,
    row_number() OVER unit AS place,
{% if sessions.new_at_midnight %}
    lag(local_day) OVER unit AS previous_day,
{% endif %}
{% if sessions.end_events %}
    coalesce(event, '') IN {{ sessions.end_events | texts }} AS ends_session,
    lag(coalesce(event, '') IN {{ sessions.end_events | texts }}) OVER unit AS previous_ends,
{% endif %}
    lag(model_time) OVER unit AS previous_at
  FROM tracks
  WHERE person_id IS NOT NULL AND is_activity{% if sessions.ignore_events %} AND coalesce(event, '') NOT IN {{ sessions.ignore_events | texts }}{% endif %}

  WINDOW unit AS (PARTITION BY {{ unit }} ORDER BY model_time, received_at, batch_index, source, message_id)
),
-- First pass: an event opens a run if it is the {{ unit_words }}'s first, or after idle time greater than the limit
{%- if sessions.new_at_midnight %}, or on another local day{% endif %}
{%- if sessions.end_events %}, or after an end event{% endif %}
{%- if sessions.start_events %}, or as a start event{% endif %}.
runs AS (
  SELECT
    *,
    previous_at IS NULL OR model_time - previous_at >
{%- if sessions.platform_inactivity_minutes %} CASE platform {% for platform, minutes in sessions.platform_inactivity_minutes.items() %}WHEN {{ platform | text }} THEN {{ minutes | minutes }} {% endfor %}ELSE {{ sessions.inactivity_minutes | minutes }} END
{%- else %} {{ sessions.inactivity_minutes | minutes }}
{%- endif %}

{% if sessions.new_at_midnight %}
      OR local_day <> previous_day
{% endif %}
{% if sessions.end_events %}
      OR (previous_ends AND NOT ends_session)
{% endif %}
{% if sessions.start_events %}
      OR (coalesce(event, '') IN {{ sessions.start_events | texts }} AND model_time - previous_at > {{ sessions.start_grace_seconds | seconds }})
{% endif %}
      AS opens_run
  FROM ordered
),
{% if second_pass %}
numbered_runs AS (
  SELECT *, count_if(opens_run) OVER unit AS run_number, max(CASE WHEN opens_run THEN model_time END) OVER unit AS run_start
  FROM runs
  WINDOW unit AS (PARTITION BY {{ unit }} ORDER BY place ROWS UNBOUNDED PRECEDING)
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
      OR (campaign IS NOT NULL AND campaign IS DISTINCT FROM last_value(campaign IGNORE NULLS) OVER earlier)
{% endif %}
{% if sessions.max_minutes %}
      OR epoch_us(model_time - run_start) // {{ longest }} <> epoch_us(previous_at - run_start) // {{ longest }}
{% endif %}
      AS opens
  FROM numbered_runs
{% if sessions.new_on_campaign %}
  WINDOW earlier AS (PARTITION BY {{ unit }}, run_number ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
{% endif %}
),
{% else %}
openings AS (SELECT *, opens_run AS opens FROM runs),
{% endif %}
-- A session goes by the hash of its first event's key, so that a late event elsewhere does not rename it.
counted AS (
  SELECT
    event_number,
    last_value(CASE WHEN opens THEN CAST('0x' || left(md5(source || '/' || message_id), 15) AS BIGINT) END IGNORE NULLS) OVER unit AS session_id,
    CAST(place - max(CASE WHEN opens THEN place END) OVER unit + 1 AS INTEGER) AS track_sequence_number
  FROM openings
  WINDOW unit AS (PARTITION BY {{ unit }} ORDER BY place ROWS UNBOUNDED PRECEDING)
)
SELECT
  t.person_id, t.source, t.type, t.event, t.model_time, t.platform, t.is_activity, c.session_id, c.track_sequence_number, t.event_number
FROM tracks AS t
LEFT JOIN counted AS c USING (event_number)
