-- The sessions that the overview counts, newest first.
-- $from, $to: first and last local day. $source: one source, or NULL for all. $bounced: only those that did (true) or did not, or NULL for all.
-- $limit, $offset: which page.
WITH
-- include _days
chosen AS (
    SELECT f.session_id, f.person_id, f.session_start
    FROM main.session_facts AS f
    JOIN slots AS s
        ON CAST(f.session_start AS DATE) = s.utc_day
        AND f.session_start >= s.starts
        AND f.session_start < s.ends
    WHERE ($source IS NULL OR f.source = $source)
        AND ($bounced IS NULL OR f.is_bounced = $bounced)
),
page AS (SELECT session_id FROM chosen ORDER BY session_start DESC, session_id LIMIT $limit OFFSET $offset),
listed AS (
    SELECT
        s.session_id, s.person_id, s.universal_user_id, s.session_sequence_number, s.session_start, s.session_last, s.session_end, s.events, s.views,
        s.source, s.platform, s.device_id, f.is_bounced, f.channel, f.landing_page, f.exit_page, f.first_referrer, f.utm_source, f.utm_medium,
        f.utm_campaign, f.country
    FROM page AS p
    JOIN main.sessions AS s USING (session_id)
    JOIN main.session_facts AS f USING (session_id)
),
-- A person's space is that of all identifiers.
spaces AS (
    SELECT DISTINCT person_id, space FROM main.universal_alias_mapping WHERE person_id IN (SELECT person_id FROM listed)
)
SELECT c.total, l.*, p.space
FROM (SELECT count(*) AS total FROM chosen) AS c
LEFT JOIN listed AS l ON true
LEFT JOIN spaces AS p USING (person_id)
ORDER BY l.session_start DESC, l.session_id;
