-- Whose an event is that names the anonymous id alone: at model_time t, the row with valid_from <= t < valid_to. NULL = without limit.
WITH
mapping AS (SELECT * FROM universal_alias_mapping),
-- Shared devices: their identified events lead to several people. All others need no look at single events.
shared AS (
  SELECT e.alias_id
  FROM alias_edges AS e
  JOIN mapping AS n ON n.id = e.next_id
  WHERE e.alias_id NOT IN (SELECT id FROM mapping WHERE is_held_back) AND e.alias_id IN (SELECT id FROM identifiers WHERE as_anonymous)
  GROUP BY e.alias_id
  HAVING count(DISTINCT n.person_id) > 1
),
messages AS (
  SELECT
    CASE source WHEN 'app' THEN 'it''s' ELSE '' END AS space, anonymous_id, user_id, previous_id, type, CASE WHEN (timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01') THEN received_at ELSE timestamp END AS model_time,
    received_at, batch_index, source, message_id
  FROM clew.model_events
  WHERE user_id IS NOT NULL
),
-- Their identified events, each with its place in the total order.
sightings AS (
  SELECT
    e.alias_id, p.person_id, m.model_time,
    {'t': m.model_time, 'r': m.received_at, 'b': m.batch_index, 's': m.source, 'm': m.message_id} AS place
  FROM (
    SELECT *, anonymous_id AS alias FROM messages
    UNION ALL
    SELECT *, previous_id FROM messages WHERE type = 'alias'
  ) AS m
  JOIN identifiers AS a ON a.alias = m.alias AND a.space = m.space
  JOIN shared AS s ON s.alias_id = a.id
  JOIN identifiers AS n ON n.alias = m.user_id AND n.space = m.space
  JOIN alias_edges AS e ON e.alias_id = a.id AND e.next_id = n.id
  JOIN mapping AS p ON p.id = n.id
),
-- Mode `first`: the user of the first identified event.
steps AS (
  SELECT alias_id, CAST(NULL AS TIMESTAMP) AS valid_to, arg_min(person_id, place) AS person_id FROM sightings GROUP BY alias_id
),
-- Neighbours with the same person are one interval: of each run of them the last row stays, and begins where the one before it ends.
ends AS (
  SELECT * FROM steps
  QUALIFY person_id IS DISTINCT FROM lead(person_id) OVER (PARTITION BY alias_id ORDER BY valid_to NULLS LAST)
),
shared_intervals AS (
  SELECT alias_id AS id, lag(valid_to) OVER (PARTITION BY alias_id ORDER BY valid_to NULLS LAST) AS valid_from, valid_to, person_id FROM ends
),
people AS (SELECT person_id, universal_user_id FROM clew.people)
SELECT m.alias, i.valid_from, i.valid_to, p.universal_user_id, m.space, i.person_id, i.id
FROM shared_intervals AS i
JOIN mapping AS m USING (id)
JOIN people AS p ON p.person_id = i.person_id
UNION ALL
SELECT alias, NULL, NULL, universal_user_id, space, person_id, id
FROM mapping
WHERE id IN (SELECT id FROM identifiers WHERE as_anonymous) AND id NOT IN (SELECT alias_id FROM shared)
