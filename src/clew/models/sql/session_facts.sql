-- What reports ask of a session.
WITH
-- The events of sessions with what is told of them. A page goes by its path, so that query strings do not make a page of their own; a referrer of the
-- page's own site is none.
tracks AS (
  SELECT
    t.session_id, t.track_sequence_number, {{ page }} AS page, {{ referrer }} AS referrer, {{ context }} AS context,
    {{ "coalesce(t.event, '') IN " ~ (bounce.engagement_events | texts) if bounce.engagement_events else 'false' }} AS shows_engagement
  FROM {{ ref('person_tracks') }} AS t
  JOIN {{ enriched }} AS e USING (event_number)
  WHERE t.session_id IS NOT NULL
),
-- The first of each: landing page, referrer, touch (campaign or paid click), country; the last page; and the browser of the first event.
told AS (
  SELECT
    session_id, bool_or(shows_engagement) AS is_engaged,
    arg_min(page, track_sequence_number) AS landing_page, arg_max(page, track_sequence_number) AS exit_page,
    arg_min(referrer, track_sequence_number) AS first_referrer,
    arg_min(context, track_sequence_number) FILTER (
      coalesce(context.utm_source, context.utm_medium, context.utm_campaign, context.utm_term, context.utm_content, context.click_id) IS NOT NULL
    ) AS touch,
    arg_min(context.country, track_sequence_number) AS country,
    arg_min_null(context, track_sequence_number) AS agent
  FROM tracks
  GROUP BY session_id
),
-- Referrers by their host, without www. Hosts of the table stand for all their subdomains; the first row that fits wins.
hosts AS (
  SELECT DISTINCT
    first_referrer,
    regexp_replace(regexp_extract(lower(first_referrer), '^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1), '^www\.', '') AS host
  FROM told
  WHERE first_referrer IS NOT NULL
),
referrers AS (
  SELECT h.first_referrer, coalesce(arg_min(r.channel, r.line), 'referral') AS channel
  FROM hosts AS h
  LEFT JOIN ({{ channels.referrers }}) AS r ON h.host = r.host OR ends_with(h.host, '.' || r.host)
  GROUP BY h.first_referrer
),
-- Campaigns: the first row of the table that fits.
touches AS (
  SELECT
    t.touch,
    coalesce(
      any_value(k.channel), arg_min(r.channel, r.line),
      CASE WHEN any_value(coalesce(t.touch.utm_source, t.touch.utm_medium)) IS NOT NULL THEN 'other' END
    ) AS channel
  FROM (SELECT DISTINCT touch FROM told WHERE touch IS NOT NULL) AS t
  LEFT JOIN ({{ channels.click_ids }}) AS k ON k.click_id = t.touch.click_id
  LEFT JOIN ({{ channels.utm }}) AS r ON coalesce(t.touch.utm_source, t.touch.utm_medium) IS NOT NULL
    AND (r.medium = '*' OR lower(t.touch.utm_medium) = r.medium) AND (r.source = '*' OR lower(t.touch.utm_source) = r.source)
  GROUP BY t.touch
)
SELECT
  s.session_id, s.person_id, s.session_start, s.session_end, s.events, s.views,
  epoch_us(s.session_last - s.session_start) / 1e6 AS duration_seconds,
  epoch_us(s.session_end - s.session_start) / 1e6 AS duration_with_buffer_seconds,
{% if bounce.rule == 'one_event' %}
  s.events = 1 AS is_bounced,
{% elif bounce.rule == 'arrival' %}
  s.session_last - s.session_start <= {{ bounce.settle_seconds | seconds }} AS is_bounced,
{% else %}
  s.views <= 1 AND NOT t.is_engaged AS is_bounced,
{% endif %}
  t.landing_page, t.exit_page, t.first_referrer,
  t.touch.utm_source, t.touch.utm_medium, t.touch.utm_campaign, t.touch.utm_term, t.touch.utm_content,
  -- Paid click id, else UTM, else referrer, else direct.
  coalesce(c.channel, r.channel, 'direct') AS channel,
  t.country, s.device_id, s.platform, s.source,
  s.session_sequence_number = 1 AS is_first_session,
  epoch_us(s.session_start - s.previous_last) / 1e6 AS idle_seconds_before,
  t.agent.browser, t.agent.os, t.agent.device_type
FROM {{ ref('sessions') }} AS s
JOIN told AS t USING (session_id)
LEFT JOIN touches AS c ON c.touch = t.touch
LEFT JOIN referrers AS r ON r.first_referrer = t.first_referrer
