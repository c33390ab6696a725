-- A page of a person's messages: events with their session, and the calls that say who somebody is.
-- $person_id, $space; $sources: names of sources, or of all others ($without). $types: which messages. $from, $to: UTC, or NULL. $platform, $device: only from there, or NULL.
-- $sign: 1 = oldest first, -1 = newest first. $limit, $offset: which page.
WITH
-- include _person_messages
chosen AS (
    SELECT source, message_id, type, event, anonymous_id, user_id, platform, device_id, received_at, batch_index, load_id, model_time, is_activity
    FROM main.mapped_tracks
    WHERE person_id = $person_id
        AND list_contains(CAST($types AS VARCHAR[]), type)
        AND ($from IS NULL OR model_time >= $from)
        AND ($to IS NULL OR model_time < $to)
        AND ($platform IS NULL OR coalesce(platform, '') = $platform)
        AND ($device IS NULL OR coalesce(device_id, '') = $device)
    UNION ALL
    SELECT source, message_id, type, NULL, anonymous_id, user_id, platform, device_id, received_at, batch_index, load_id, model_time, false
    FROM calls
    WHERE ($from IS NULL OR model_time >= $from)
        AND ($to IS NULL OR model_time < $to)
        AND ($platform IS NULL OR coalesce(platform, '') = $platform)
        AND ($device IS NULL OR coalesce(device_id, '') = $device)
),
page AS (
    SELECT *
    FROM chosen
    ORDER BY $sign * epoch_us(model_time), $sign * epoch_us(received_at), $sign * batch_index, source, message_id
    LIMIT $limit OFFSET $offset
)
-- With what only the message says: its campaign, its page, what an identify call told.
SELECT
    p.*, e.page_path, e.page_url, e.utm_source, e.utm_medium, e.utm_campaign, e.group_id, e.previous_id,
    CASE WHEN p.type IN ('identify', 'group') THEN CAST(e.payload AS VARCHAR) END AS traits,
    e.message_id IS NOT NULL AS has_call
FROM page AS p
LEFT JOIN clew.events AS e
    ON e.key_hash = md5_number_lower(concat(strlen(p.source), ':', p.source, p.message_id))
    AND e.load_id = p.load_id
    AND e.source = p.source
    AND e.message_id = p.message_id
ORDER BY $sign * epoch_us(model_time), $sign * epoch_us(p.received_at), $sign * p.batch_index, p.source, p.message_id;
