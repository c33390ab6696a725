-- What reports ask of a session.
SELECT
  s.session_id, CAST(s.person AS BIGINT) AS person_id, s.session_start, s.session_end, CAST(s.events AS BIGINT) AS events, CAST(s.views AS BIGINT) AS views,
  epoch_us(s.session_last - s.session_start) / 1e6 AS duration_seconds,
  epoch_us(s.session_end - s.session_start) / 1e6 AS duration_with_buffer_seconds,
{% if bounce.rule == 'one_event' %}
  s.events = 1 AS is_bounced,
{% elif bounce.rule == 'arrival' %}
  s.session_last - s.session_start <= {{ bounce.settle_seconds | seconds }} AS is_bounced,
{% else %}
  s.views <= 1 AND NOT s.is_engaged AS is_bounced,
{% endif %}
  l.text AS landing_page, x.text AS exit_page, r.text AS first_referrer,
  c.context.utm_source, c.context.utm_medium, c.context.utm_campaign, c.context.utm_term, c.context.utm_content,
  -- Paid click id, else UTM, else referrer, else direct.
  coalesce(tc.channel, rc.channel, 'direct') AS channel,
  cc.context.country, coalesce(dt.text, d.alias) AS device_id, nullif(k.platform, '') AS platform, k.source,
  s.sequence_number = 1 AS is_first_session,
  epoch_us(s.session_start - s.previous_last) / 1e6 AS idle_seconds_before,
  ca.context.browser, ca.context.os, ca.context.device_type
FROM {{ ref('session_rows') }} AS s
JOIN clew.event_kinds AS k USING (kind_id)
LEFT JOIN clew.event_texts AS l ON l.text_id = s.landing_number
LEFT JOIN clew.event_texts AS x ON x.text_id = s.exit_number
LEFT JOIN clew.event_texts AS r ON r.text_id = s.referrer_number
LEFT JOIN clew.event_contexts AS c ON c.context_id = s.touch_id
LEFT JOIN clew.event_contexts AS cc ON cc.context_id = s.country_id
LEFT JOIN clew.event_contexts AS ca ON ca.context_id = s.agent_id
LEFT JOIN {{ ref('touch_channels') }} AS tc ON tc.context_id = s.touch_id
LEFT JOIN {{ ref('referrer_channels') }} AS rc ON rc.text_id = s.referrer_number
LEFT JOIN clew.identifiers AS d ON d.id = s.anonymous_number
LEFT JOIN clew.event_texts AS dt ON dt.text_id = s.device_number
