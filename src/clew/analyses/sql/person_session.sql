-- One session of a person.
-- $person_id, $session_id.
SELECT
    s.session_id, s.session_sequence_number, s.session_start, s.session_last, s.session_end, s.events, s.views, s.source, s.platform, s.device_id,
    f.is_bounced, f.channel, f.landing_page, f.exit_page, f.first_referrer, f.utm_source, f.utm_medium, f.utm_campaign, f.country
FROM main.sessions AS s
JOIN main.session_facts AS f USING (session_id)
WHERE s.person_id = $person_id AND s.session_id = $session_id;
