-- Where a page of a person's messages begins and ends: so that only those few are read in full.
-- $person_id, $space; $sources: names of sources, or of all others ($without). $types: which messages. $from, $to: UTC, or NULL. $platform, $device: only from there, or NULL.
-- $sign: 1 = oldest first, -1 = newest first. $limit, $offset: which page.
WITH
-- include _person_messages
-- The moment of each message, as a number that grows in the order asked for.
moments AS (
    SELECT $sign * epoch_us(model_time) AS moment
    FROM main.mapped_tracks
    WHERE person_id = $person_id
        AND list_contains(CAST($types AS VARCHAR[]), type)
        AND ($from IS NULL OR model_time >= $from)
        AND ($to IS NULL OR model_time < $to)
        AND ($platform IS NULL OR coalesce(platform, '') = $platform)
        AND ($device IS NULL OR coalesce(device_id, '') = $device)
    UNION ALL
    SELECT $sign * epoch_us(model_time)
    FROM calls
    WHERE ($from IS NULL OR model_time >= $from)
        AND ($to IS NULL OR model_time < $to)
        AND ($platform IS NULL OR coalesce(platform, '') = $platform)
        AND ($device IS NULL OR coalesce(device_id, '') = $device)
),
page AS (
    SELECT min(moment) AS first_moment, max(moment) AS last_moment
    FROM (SELECT moment FROM moments ORDER BY moment LIMIT $limit OFFSET $offset)
)
-- `before`: how many messages come before all those of the first moment.
SELECT
    make_timestamp(least($sign * p.first_moment, $sign * p.last_moment)) AS earliest,
    make_timestamp(greatest($sign * p.first_moment, $sign * p.last_moment)) AS latest,
    count(m.moment) AS total,
    count(m.moment) FILTER (WHERE m.moment < p.first_moment) AS before
FROM page AS p
LEFT JOIN moments AS m ON true
GROUP BY ALL;
