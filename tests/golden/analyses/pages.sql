-- Pages, as the sessions of a range saw them: the most viewed first, after the row of all of them (whose page is NULL).
-- $from, $to: first and last local day. $until: an instant of UTC to stop at, or NULL.
-- $holding: only pages whose name holds this text, in any case; '' is all. $pages: only these pages, or NULL.
-- $most: pages at most.
-- $channel: Channel of the sessions asked for; '' is none.
-- $country: Country of the sessions asked for; '' is none.
WITH
-- The days asked for.
days AS (
    SELECT
        CAST(t AS DATE) AS day
    FROM generate_series(CAST($from AS TIMESTAMP), CAST($to AS TIMESTAMP), INTERVAL 1 DAY) AS series (t)
),
-- Each day as instants of UTC: one piece per offset that the project's zone has on it.
pieces AS (
    SELECT
        d.*,
        greatest(CAST(d.day AS TIMESTAMP) - z.utc_offset, z.utc_from) AS starts,
        least(CAST(d.day + 1 AS TIMESTAMP) - z.utc_offset, z.utc_to) AS ends
    FROM days AS d
    JOIN main.zone_offsets AS z
        ON CAST(d.day AS TIMESTAMP) - z.utc_offset < z.utc_to
        AND CAST(d.day + 1 AS TIMESTAMP) - z.utc_offset > z.utc_from
),
-- The same pieces by each UTC day that they touch, so that sessions find theirs by equality.
slots AS (
    SELECT p.*, CAST(p.starts AS DATE) + i AS utc_day
    FROM pieces AS p
    JOIN (VALUES (0), (1)) AS later (i) ON CAST(p.starts AS DATE) + i <= CAST(p.ends AS DATE)
),
-- Sessions of the range, dated by their start, with the time and the place of their last event.
asked AS (
    SELECT
        f.session_id, f.landing_page, f.exit_page, f.is_bounced, f.events AS last_place,
        f.session_start + to_microseconds(CAST(round(f.duration_seconds * 1000000) AS BIGINT)) AS last_time
    FROM main.session_facts AS f
    JOIN slots AS s
        ON CAST(f.session_start AS DATE) = s.utc_day
        AND f.session_start >= s.starts
        AND f.session_start < s.ends
    WHERE ($until IS NULL OR f.session_start < $until)
        AND coalesce(f.channel, '') = $channel
        AND coalesce(f.country, '') = $country
),
-- Their events, each with its place in the session and the page it happened on. A page goes by its path, so that query strings make no pages of their own.
happened AS (
    SELECT
        a.session_id, a.last_place, a.last_time,
        t.track_sequence_number AS place, t.model_time, t.type IN ('page', 'screen') AS is_view,
        coalesce(nullif(e.page_path, ''), nullif(e.page_url, '')) AS page
    FROM main.person_tracks AS t
    JOIN asked AS a USING (session_id)
    JOIN clew.model_events AS e USING (event_number)
),
-- How many views and sessions each page had, and all of them.
seen AS (
    SELECT page, count(*) FILTER (WHERE is_view) AS views, count(DISTINCT session_id) AS sessions
    FROM happened
    WHERE contains(lower(page), lower($holding))
    GROUP BY GROUPING SETS ((page), ())
),
-- Each view with the time until the next one in its session, or until the last event. NULL where nothing follows: it may have been seconds or an hour.
views AS (
    SELECT
        page,
        CASE WHEN place < last_place
            THEN epoch_us(coalesce(lead(model_time) OVER (PARTITION BY session_id ORDER BY place), last_time) - model_time)
        END AS time_us
    FROM happened
    WHERE is_view
),
times AS (
    SELECT
        page, count(time_us) AS timed, CAST(sum(time_us) AS BIGINT) AS time_us,
        -- Nearest rank: the smallest time that at least half of them do not exceed.
        quantile_disc(time_us, 0.5) AS median_us
    FROM views
    WHERE contains(lower(page), lower($holding))
    GROUP BY GROUPING SETS ((page), ())
),
-- Where sessions began, and how many of these bounced; and where they ended.
entrances AS (
    SELECT landing_page AS page, count(*) AS entrances, count(*) FILTER (WHERE is_bounced) AS bounced
    FROM asked
    WHERE contains(lower(landing_page), lower($holding))
    GROUP BY GROUPING SETS ((landing_page), ())
),
exits AS (
    SELECT exit_page AS page, count(*) AS exits
    FROM asked
    WHERE contains(lower(exit_page), lower($holding))
    GROUP BY GROUPING SETS ((exit_page), ())
)
SELECT
    s.page, s.views, s.sessions,
    coalesce(n.entrances, 0) AS entrances, coalesce(n.bounced, 0) AS bounced, coalesce(x.exits, 0) AS exits,
    coalesce(t.timed, 0) AS timed, coalesce(t.time_us, 0) AS time_us, t.median_us
FROM seen AS s
LEFT JOIN times AS t ON t.page IS NOT DISTINCT FROM s.page
LEFT JOIN entrances AS n ON n.page IS NOT DISTINCT FROM s.page
LEFT JOIN exits AS x ON x.page IS NOT DISTINCT FROM s.page
WHERE s.page IS NULL OR $pages IS NULL OR list_contains(CAST($pages AS VARCHAR[]), s.page)
ORDER BY s.page IS NOT NULL, s.views DESC, s.sessions DESC, s.page
LIMIT $most + 1;
