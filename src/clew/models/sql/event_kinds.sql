-- The distinct kinds of events, numbered so that kind_id // {{ kinds_per_source }} puts sources in order, and what the rules say of each: so that a rule is a look at a small table, not at the text of every event.
WITH kinds AS (
  SELECT DISTINCT source, type, coalesce(event, '') AS event, coalesce(platform, '') AS platform
  FROM {{ events }}
  WHERE type IN ('track', 'page', 'screen'){{ and_loaded }}
)
SELECT
  CAST(
    dense_rank() OVER (ORDER BY source) * {{ kinds_per_source }} + row_number() OVER (PARTITION BY source ORDER BY type, event, platform)
    AS INTEGER) AS kind_id, source, type, event, platform,
  {{ 'event IN ' ~ (activity.exclude | texts) if activity.exclude else 'false' }} AS is_excluded,
  {{ 'event IN ' ~ (sessions.ignore_events | texts) if sessions.ignore_events else 'false' }} AS is_ignored,
  {{ 'event IN ' ~ (sessions.end_events | texts) if sessions.end_events else 'false' }} AS ends_session,
  {{ 'event IN ' ~ (sessions.start_events | texts) if sessions.start_events else 'false' }} AS starts_session,
  {{ 'event IN ' ~ (bounce.engagement_events | texts) if bounce.engagement_events else 'false' }} AS shows_engagement,
{% if sessions.platform_inactivity_minutes %}
  CASE platform {% for platform, minutes in sessions.platform_inactivity_minutes.items() %}WHEN {{ platform | text }} THEN {{ minutes | minutes }} {% endfor %}ELSE {{ sessions.inactivity_minutes | minutes }} END AS inactivity
{% else %}
  {{ sessions.inactivity_minutes | minutes }} AS inactivity
{% endif %}
FROM kinds
