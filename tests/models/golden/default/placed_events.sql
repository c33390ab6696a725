-- Every track, page and screen event with its person, in no order. Text that repeats is kept as the number of its row in `identifiers`,
-- `event_kinds`, `event_contexts` and `event_texts`; `mapped_tracks` reads it back. Only there during a build.
WITH
events AS (
  SELECT
    '' AS space, source, message_id, type, coalesce(event, '') AS event, coalesce(platform, '') AS platform,
    CASE WHEN (timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01') THEN received_at ELSE timestamp END AS model_time, (timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01') AS is_suspect, timestamp, received_at, batch_index, load_id, activity, anonymous_id, user_id, group_id, nullif(device_id, anonymous_id) AS device,
    CASE WHEN coalesce(nullif(utm_source, ''), nullif(utm_medium, ''), nullif(utm_campaign, ''), nullif(utm_term, ''), nullif(utm_content, ''), nullif(click_id, ''), nullif(country, '')) IS NOT NULL THEN {'utm_source': nullif(utm_source, ''), 'utm_medium': nullif(utm_medium, ''), 'utm_campaign': nullif(utm_campaign, ''), 'utm_term': nullif(utm_term, ''), 'utm_content': nullif(utm_content, ''), 'click_id': nullif(click_id, ''), 'country': nullif(country, '')} END AS context, coalesce(nullif(page_path, ''), nullif(page_url, '')) AS page, CASE WHEN NOT starts_with(referrer, coalesce(nullif(regexp_extract(page_url, '^[A-Za-z]+://[^/?#]+'), ''), '!')) THEN nullif(referrer, '') END AS referrer
  FROM clew.model_events
  WHERE type IN ('track', 'page', 'screen')
),
-- An event that names its user is that user's. One that names only the device is the person's whom the device leads to.
plain AS (
  SELECT e.*, u.id AS user_number, a.id AS anonymous_number, coalesce(u.user_person_id, a.device_person_id) AS person_id
  FROM events AS e
  LEFT JOIN alias_people AS u ON u.alias = e.user_id
  LEFT JOIN alias_people AS a ON a.alias = e.anonymous_id
  WHERE u.user_person_id IS NOT NULL OR a.is_shared IS NOT TRUE
),
-- On a shared device it depends on when.
on_shared_devices AS (
  SELECT e.*, u.id AS user_number, a.id AS anonymous_number
  FROM events AS e
  JOIN (SELECT * FROM alias_people WHERE is_shared) AS a ON a.alias = e.anonymous_id
  LEFT JOIN alias_people AS u ON u.alias = e.user_id
  WHERE u.user_person_id IS NULL
),
placed AS (
  SELECT * FROM plain
  UNION ALL
  SELECT s.*, i.person_id
  FROM on_shared_devices AS s
  ASOF JOIN (SELECT id, coalesce(valid_from, TIMESTAMP '0001-01-01') AS valid_from, person_id FROM alias_intervals) AS i
    ON i.id = s.anonymous_number AND s.model_time >= i.valid_from
)
-- What the rules say of the event's kind. Only a known person's activity, of kinds not ignored, is counted in sessions; what is not counted
-- stands apart, under the person's negative number.
SELECT
  CASE WHEN p.activity AND NOT k.is_excluded AND NOT k.is_ignored THEN p.person_id ELSE -p.person_id END AS person,
  p.model_time, k.kind_id, p.message_id, p.anonymous_number, p.user_number, p.activity AND NOT k.is_excluded AS is_activity,
  CASE WHEN p.is_suspect THEN p.timestamp ELSE p.received_at END AS other_time, p.is_suspect, p.batch_index, p.load_id, c.context_id, g.text_id AS page_number, r.text_id AS referrer_number, o.text_id AS group_number, d.text_id AS device_number
FROM placed AS p
JOIN event_kinds AS k ON k.source = p.source AND k.type = p.type AND k.event = p.event AND k.platform = p.platform
LEFT JOIN event_contexts AS c ON c.context = p.context
LEFT JOIN event_texts AS g ON g.text = p.page
LEFT JOIN event_texts AS r ON r.text = p.referrer
LEFT JOIN event_texts AS o ON o.text = p.group_id
LEFT JOIN event_texts AS d ON d.text = p.device
