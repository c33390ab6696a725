-- A person's sessions, newest first.
-- $person_id; $limit, $offset: which page.
WITH
page AS (
    SELECT session_id, session_sequence_number, session_start, session_last, session_end, events, views, source, platform, device_id
    FROM main.sessions
    WHERE person_id = $person_id
    ORDER BY session_sequence_number DESC
    LIMIT $limit OFFSET $offset
)
SELECT
    p.*, f.is_bounced, f.channel, f.landing_page, f.exit_page, f.first_referrer, f.utm_source, f.utm_medium, f.utm_campaign, f.country
FROM page AS p
JOIN main.session_facts AS f USING (session_id)
ORDER BY session_sequence_number DESC;
