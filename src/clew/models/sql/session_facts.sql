WITH
facts AS (
  SELECT
    s.*, t.is_engaged, l.text AS landing_page, x.text AS exit_page, r.text AS first_referrer,
    c.utm_source, c.utm_medium, c.utm_campaign, c.utm_term, c.utm_content, c.click_id, t.country,
    lag(s.session_last) OVER (PARTITION BY s.person_id ORDER BY s.session_sequence_number) AS previous_last
  FROM {{ ref('sessions') }} AS s
  JOIN {{ ref('session_totals') }} AS t USING (session_id)
  LEFT JOIN {{ ref('event_texts') }} AS l ON l.text_id = t.landing_number
  LEFT JOIN {{ ref('event_texts') }} AS x ON x.text_id = t.exit_number
  LEFT JOIN {{ ref('event_texts') }} AS r ON r.text_id = t.referrer_number
  LEFT JOIN {{ ref('event_contexts') }} AS c ON c.context_id = t.touch_id
),
-- Referrers by their host, without www.
hosts AS (
  SELECT DISTINCT first_referrer, regexp_replace(regexp_extract(lower(first_referrer), '^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1), '^www\.', '') AS host
  FROM facts
  WHERE first_referrer IS NOT NULL
),
-- The first row of each table of channels that fits. Hosts fit with all their subdomains.
referrers AS (
  SELECT h.first_referrer, any_value(h.host) AS host, arg_min(r.channel, r.line) AS channel
  FROM hosts AS h
  LEFT JOIN ({{ channels.referrers }}) AS r ON h.host = r.host OR ends_with(h.host, '.' || r.host)
  GROUP BY h.first_referrer
),
utms AS (
  SELECT u.utm_source, u.utm_medium, arg_min(r.channel, r.line) AS channel
  FROM (SELECT DISTINCT utm_source, utm_medium FROM facts WHERE coalesce(utm_source, utm_medium) IS NOT NULL) AS u
  LEFT JOIN ({{ channels.utm }}) AS r ON (r.medium = '*' OR lower(u.utm_medium) = r.medium) AND (r.source = '*' OR lower(u.utm_source) = r.source)
  GROUP BY ALL
)
SELECT
  f.session_id, f.person_id, f.session_start, f.session_end, f.events, f.views,
  epoch_us(f.session_last - f.session_start) / 1e6 AS duration_seconds,
  epoch_us(f.session_end - f.session_start) / 1e6 AS duration_with_buffer_seconds,
{% if bounce.rule == 'one_event' %}
  f.events = 1 AS is_bounced,
{% elif bounce.rule == 'arrival' %}
  f.session_last - f.session_start <= {{ bounce.settle_seconds | seconds }} AS is_bounced,
{% else %}
  f.views <= 1 AND NOT f.is_engaged AS is_bounced,
{% endif %}
  f.landing_page, f.exit_page, f.first_referrer, f.utm_source, f.utm_medium, f.utm_campaign, f.utm_term, f.utm_content,
  coalesce(k.channel, u.channel, CASE WHEN coalesce(f.utm_source, f.utm_medium) IS NOT NULL THEN 'other' END,
    r.channel, CASE WHEN f.first_referrer IS NOT NULL THEN 'referral' END, 'direct') AS channel,
  f.country, f.device_id, nullif(f.platform, '') AS platform, f.source,
  f.session_sequence_number = 1 AS is_first_session,
  epoch_us(f.session_start - f.previous_last) / 1e6 AS idle_seconds_before
FROM facts AS f
LEFT JOIN ({{ channels.click_ids }}) AS k ON k.click_id = f.click_id
LEFT JOIN utms AS u ON u.utm_source IS NOT DISTINCT FROM f.utm_source AND u.utm_medium IS NOT DISTINCT FROM f.utm_medium
LEFT JOIN referrers AS r ON r.first_referrer = f.first_referrer
