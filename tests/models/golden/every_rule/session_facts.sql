-- What reports ask of a session.
WITH
-- The events of sessions with what is told of them. A page goes by its path, so that query strings do not make a page of their own; a referrer of the
-- page's own site is none.
tracks AS (
  SELECT
    t.session_id, t.track_sequence_number, coalesce(nullif(page_path, ''), nullif(page_url, '')) AS page, CASE WHEN NOT starts_with(referrer, coalesce(nullif(regexp_extract(page_url, '^[A-Za-z]+://[^/?#]+'), ''), '!')) THEN nullif(referrer, '') END AS referrer, CASE WHEN coalesce(nullif(utm_source, ''), nullif(utm_medium, ''), nullif(utm_campaign, ''), nullif(utm_term, ''), nullif(utm_content, ''), nullif(click_id, ''), nullif(country, ''), nullif(browser, ''), nullif(os, ''), nullif(device_type, '')) IS NOT NULL THEN {'utm_source': nullif(utm_source, ''), 'utm_medium': nullif(utm_medium, ''), 'utm_campaign': nullif(utm_campaign, ''), 'utm_term': nullif(utm_term, ''), 'utm_content': nullif(utm_content, ''), 'click_id': nullif(click_id, ''), 'country': nullif(country, ''), 'browser': nullif(browser, ''), 'os': nullif(os, ''), 'device_type': nullif(device_type, '')} END AS context,
    coalesce(t.event, '') IN ('Bought') AS shows_engagement
  FROM person_tracks AS t
  JOIN clew.enriched_events AS e USING (event_number)
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
  LEFT JOIN (SELECT * FROM (VALUES (1, 'mail.google.com', 'email'), (2, 'mail.yahoo.com', 'email'), (3, 'outlook.live.com', 'email'), (4, 'outlook.office.com', 'email'), (5, 'mail.proton.me', 'email'), (6, 'gemini.google.com', 'ai assistant'), (7, 'google.com', 'organic search'), (8, 'google.co.uk', 'organic search'), (9, 'google.de', 'organic search'), (10, 'google.fr', 'organic search'), (11, 'google.nl', 'organic search'), (12, 'google.es', 'organic search'), (13, 'google.it', 'organic search'), (14, 'google.ca', 'organic search'), (15, 'google.com.au', 'organic search'), (16, 'google.co.in', 'organic search'), (17, 'google.co.jp', 'organic search'), (18, 'google.com.br', 'organic search'), (19, 'bing.com', 'organic search'), (20, 'duckduckgo.com', 'organic search'), (21, 'search.yahoo.com', 'organic search'), (22, 'ecosia.org', 'organic search'), (23, 'startpage.com', 'organic search'), (24, 'search.brave.com', 'organic search'), (25, 'qwant.com', 'organic search'), (26, 'yandex.ru', 'organic search'), (27, 'yandex.com', 'organic search'), (28, 'baidu.com', 'organic search'), (29, 'naver.com', 'organic search'), (30, 'seznam.cz', 'organic search'), (31, 'facebook.com', 'social'), (32, 'instagram.com', 'social'), (33, 'twitter.com', 'social'), (34, 'x.com', 'social'), (35, 't.co', 'social'), (36, 'linkedin.com', 'social'), (37, 'lnkd.in', 'social'), (38, 'reddit.com', 'social'), (39, 'pinterest.com', 'social'), (40, 'tiktok.com', 'social'), (41, 'youtube.com', 'social'), (42, 'news.ycombinator.com', 'social'), (43, 'mastodon.social', 'social'), (44, 'bsky.app', 'social'), (45, 'threads.net', 'social'), (46, 'vk.com', 'social'), (47, 'quora.com', 'social'), (48, 't.me', 'social'), (49, 'whatsapp.com', 'social'), (50, 'chatgpt.com', 'ai assistant'), (51, 'chat.openai.com', 'ai assistant'), (52, 'perplexity.ai', 'ai assistant'), (53, 'claude.ai', 'ai assistant'), (54, 'copilot.microsoft.com', 'ai assistant')) AS channels (line, host, channel)) AS r ON h.host = r.host OR ends_with(h.host, '.' || r.host)
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
  LEFT JOIN (SELECT * FROM (VALUES (1, 'gclid', 'paid search'), (2, 'gbraid', 'paid search'), (3, 'wbraid', 'paid search'), (4, 'dclid', 'display'), (5, 'msclkid', 'paid search'), (6, 'yclid', 'paid search'), (7, 'fbclid', 'social'), (8, 'twclid', 'paid social'), (9, 'ttclid', 'paid social'), (10, 'li_fat_id', 'paid social'), (11, 'rdt_cid', 'paid social'), (12, 'ScCid', 'paid social'), (13, 'epik', 'paid social'), (14, 'irclickid', 'affiliate')) AS channels (line, click_id, channel)) AS k ON k.click_id = t.touch.click_id
  LEFT JOIN (SELECT * FROM (VALUES (1, 'cpc', 'facebook', 'paid social'), (2, 'cpc', 'instagram', 'paid social'), (3, 'cpc', 'linkedin', 'paid social'), (4, 'cpc', 'twitter', 'paid social'), (5, 'cpc', 'tiktok', 'paid social'), (6, 'cpc', 'reddit', 'paid social'), (7, 'cpc', '*', 'paid search'), (8, 'ppc', '*', 'paid search'), (9, 'paidsearch', '*', 'paid search'), (10, 'paid-search', '*', 'paid search'), (11, 'sem', '*', 'paid search'), (12, 'paid_social', '*', 'paid social'), (13, 'paid-social', '*', 'paid social'), (14, 'paidsocial', '*', 'paid social'), (15, 'display', '*', 'display'), (16, 'banner', '*', 'display'), (17, 'cpm', '*', 'display'), (18, 'retargeting', '*', 'display'), (19, 'affiliate', '*', 'affiliate'), (20, 'affiliates', '*', 'affiliate'), (21, 'partner', '*', 'affiliate'), (22, 'email', '*', 'email'), (23, 'e-mail', '*', 'email'), (24, 'newsletter', '*', 'email'), (25, '*', 'newsletter', 'email'), (26, 'sms', '*', 'sms'), (27, 'push', '*', 'push'), (28, 'webpush', '*', 'push'), (29, 'notification', '*', 'push'), (30, 'social', '*', 'social'), (31, 'social-network', '*', 'social'), (32, 'organic_social', '*', 'social'), (33, 'organic', '*', 'organic search'), (34, 'video', '*', 'video'), (35, 'audio', '*', 'audio'), (36, 'podcast', '*', 'audio'), (37, 'referral', '*', 'referral'), (38, '*', 'google', 'organic search'), (39, '*', 'bing', 'organic search'), (40, '*', 'facebook', 'social'), (41, '*', 'instagram', 'social'), (42, '*', 'linkedin', 'social'), (43, '*', 'twitter', 'social')) AS channels (line, medium, source, channel)) AS r ON coalesce(t.touch.utm_source, t.touch.utm_medium) IS NOT NULL
    AND (r.medium = '*' OR lower(t.touch.utm_medium) = r.medium) AND (r.source = '*' OR lower(t.touch.utm_source) = r.source)
  GROUP BY t.touch
)
SELECT
  s.session_id, s.person_id, s.session_start, s.session_end, s.events, s.views,
  epoch_us(s.session_last - s.session_start) / 1e6 AS duration_seconds,
  epoch_us(s.session_end - s.session_start) / 1e6 AS duration_with_buffer_seconds,
  s.views <= 1 AND NOT t.is_engaged AS is_bounced,
  t.landing_page, t.exit_page, t.first_referrer,
  t.touch.utm_source, t.touch.utm_medium, t.touch.utm_campaign, t.touch.utm_term, t.touch.utm_content,
  -- Paid click id, else UTM, else referrer, else direct.
  coalesce(c.channel, r.channel, 'direct') AS channel,
  t.country, s.device_id, s.platform, s.source,
  s.session_sequence_number = 1 AS is_first_session,
  epoch_us(s.session_start - s.previous_last) / 1e6 AS idle_seconds_before,
  t.agent.browser, t.agent.os, t.agent.device_type
FROM sessions AS s
JOIN told AS t USING (session_id)
LEFT JOIN touches AS c ON c.touch = t.touch
LEFT JOIN referrers AS r ON r.first_referrer = t.first_referrer
