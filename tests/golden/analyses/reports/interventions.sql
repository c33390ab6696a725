-- title: How effective are interventions
-- about: The share of users active on each day from 30 before to 30 after an intervention (an event, such as an e-mail sent), by their age at it.
-- about: Changed: days are counted downwards from the intervention, so that day 0 is one day and not two; age bands are open at no end.
-- param intervention text = Email Sent: the event that is the intervention
-- param of text = any: which events count as active: pages, screens, tracks or any
-- chart: line day_offset share age_band
WITH
-- The events. To use other tables, change this one: user_id, event_name, occurred_at (local time), place (breaks ties of time).
events AS (
    SELECT
        m.person_id AS user_id, m.event AS event_name, m.model_time + z.utc_offset AS occurred_at,
        row(m.received_at, m.batch_index, m.source, m.message_id) AS place
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.is_activity AND m.person_id IS NOT NULL AND ('any' = 'any' OR m.type || 's' = 'any')
),
-- What the newest build holds: instead of now().
as_of AS (
    SELECT b.data_as_of + z.utc_offset AS as_of
    FROM (SELECT data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS b
    JOIN main.zone_offsets AS z ON b.data_as_of >= z.utc_from AND b.data_as_of < z.utc_to
),
-- An e-mail sent is nobody's activity, so interventions are looked for among all events.
interventions AS (
    SELECT m.person_id AS user_id, m.model_time + z.utc_offset AS intervened_at
    FROM main.mapped_tracks AS m
    ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
    WHERE m.event = 'Email Sent' AND m.person_id IS NOT NULL
),
-- A user is activated by the first event ever.
users AS (
    SELECT user_id, min(occurred_at) AS activated_at
    FROM events
    GROUP BY user_id
),
-- Interventions that have had their 30 days.
settled AS (
    SELECT row_number() OVER () AS id, i.user_id, i.intervened_at, date_sub('day', u.activated_at, i.intervened_at) AS age
    FROM interventions AS i
    JOIN users AS u ON u.user_id = i.user_id
    CROSS JOIN as_of
    WHERE i.intervened_at + INTERVAL 31 DAY <= as_of
),
banded AS (
    SELECT *, CASE WHEN age <= 30 THEN '0-30' WHEN age <= 60 THEN '31-60' WHEN age <= 90 THEN '61-90' WHEN age <= 150 THEN '91-150' ELSE '151 and more' END AS age_band
    FROM settled
),
sizes AS (
    SELECT age_band, min(age) AS youngest, count(*) AS interventions
    FROM banded
    GROUP BY age_band
),
-- On which days around it each was active.
active AS (
    SELECT DISTINCT b.id, b.age_band, CAST(floor(epoch_us(e.occurred_at - b.intervened_at) / 86400e6) AS INTEGER) AS day_offset
    FROM banded AS b
    JOIN events AS e ON e.user_id = b.user_id
    WHERE e.event_name <> 'Email Sent'
)
SELECT s.age_band, d.day_offset, s.interventions, count(a.id) AS active, count(a.id) / s.interventions AS share
FROM sizes AS s
CROSS JOIN (SELECT CAST(unnest(generate_series(-30, 30)) AS INTEGER) AS day_offset) AS d
LEFT JOIN active AS a ON a.age_band = s.age_band AND a.day_offset = d.day_offset
GROUP BY s.age_band, s.youngest, d.day_offset, s.interventions
ORDER BY s.youngest, d.day_offset
