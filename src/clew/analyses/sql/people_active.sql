-- The people whom "active people" counts, who was active last first.
-- $from, $to: first and last local day. $source: one source, or NULL for all. $limit, $offset: which page.
WITH
-- include _days
people AS (
    SELECT m.person_id, max(m.model_time) AS last_seen_at
    FROM main.mapped_tracks AS m
    JOIN slots AS s
        ON CAST(m.model_time AS DATE) = s.utc_day
        AND m.model_time >= s.starts
        AND m.model_time < s.ends
    WHERE m.is_activity
        AND m.person_id IS NOT NULL
        AND ($source IS NULL OR m.source = $source)
    GROUP BY m.person_id
),
page AS (SELECT * FROM people ORDER BY last_seen_at DESC, person_id LIMIT $limit OFFSET $offset)
SELECT c.total, p.person_id, NULL AS alias
FROM (SELECT count(*) AS total FROM people) AS c
LEFT JOIN page AS p ON true
ORDER BY p.last_seen_at DESC, p.person_id;
