WITH
-- Referrers by their host, without www.
hosts AS (
  SELECT text_id, regexp_replace(regexp_extract(lower(text), '^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1), '^www\.', '') AS host
  FROM {{ ref('event_texts') }}
  WHERE text_id IN (SELECT referrer_number FROM {{ ref('session_totals') }})
),
-- The first row of each table of channels that fits. Hosts fit with all their subdomains.
referrers AS (
  SELECT h.text_id, arg_min(r.channel, r.line) AS channel
  FROM hosts AS h
  JOIN ({{ channels.referrers }}) AS r ON h.host = r.host OR ends_with(h.host, '.' || r.host)
  GROUP BY h.text_id
),
touches AS (
  SELECT c.context_id, coalesce(any_value(k.channel), arg_min(r.channel, r.line), CASE WHEN any_value(coalesce(c.utm_source, c.utm_medium)) IS NOT NULL THEN 'other' END) AS channel
  FROM {{ ref('event_contexts') }} AS c
  LEFT JOIN ({{ channels.click_ids }}) AS k ON k.click_id = c.click_id
  LEFT JOIN ({{ channels.utm }}) AS r ON coalesce(c.utm_source, c.utm_medium) IS NOT NULL
    AND (r.medium = '*' OR lower(c.utm_medium) = r.medium) AND (r.source = '*' OR lower(c.utm_source) = r.source)
  GROUP BY c.context_id
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
  l.text AS landing_page, x.text AS exit_page, r.text AS first_referrer,
  c.utm_source, c.utm_medium, c.utm_campaign, c.utm_term, c.utm_content,
  -- Paid click id, else UTM, else referrer, else direct.
  coalesce(tc.channel, rc.channel, CASE WHEN t.referrer_number IS NOT NULL THEN 'referral' END, 'direct') AS channel,
  cc.country, s.device_id, nullif(s.platform, '') AS platform, s.source,
  s.session_sequence_number = 1 AS is_first_session,
  epoch_us(s.session_start - s.previous_last) / 1e6 AS idle_seconds_before
FROM {{ ref('sessions') }} AS s
JOIN {{ ref('session_totals') }} AS t USING (session_id)
LEFT JOIN {{ ref('event_texts') }} AS l ON l.text_id = t.landing_number
LEFT JOIN {{ ref('event_texts') }} AS x ON x.text_id = t.exit_number
LEFT JOIN {{ ref('event_texts') }} AS r ON r.text_id = t.referrer_number
LEFT JOIN {{ ref('event_contexts') }} AS c ON c.context_id = t.touch_id
LEFT JOIN {{ ref('event_contexts') }} AS cc ON cc.context_id = t.country_id
LEFT JOIN touches AS tc ON tc.context_id = t.touch_id
LEFT JOIN referrers AS rc ON rc.text_id = t.referrer_number
