-- Whose an event is that names the anonymous id alone: at model_time t, the row with valid_from <= t < valid_to. NULL = without limit.
WITH
-- The aliases that ever came as an anonymous id.
devices AS (
  SELECT m.space, m.alias, m.universal_user_id, m.person_id, m.is_held_back
  FROM universal_alias_mapping AS m
  WHERE (m.space, m.alias) IN (SELECT ('', anonymous_id) FROM clew.model_events)
)
,
-- Shared devices: their edges lead to several people. All others need no look at single events.
shared AS (
  SELECT e.space, e.alias
  FROM alias_edges AS e
  JOIN universal_alias_mapping AS n ON n.space = e.space AND n.alias = e.next_alias
  WHERE (e.space, e.alias) IN (SELECT (space, alias) FROM devices WHERE NOT is_held_back)
  GROUP BY e.space, e.alias
  HAVING count(DISTINCT n.person_id) > 1
),
messages AS (
  SELECT '' AS space, CASE WHEN (timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01') THEN received_at ELSE timestamp END AS model_time, * FROM clew.model_events WHERE user_id IS NOT NULL
),
identified AS (
  SELECT anonymous_id AS alias, * FROM messages
  UNION ALL
  SELECT previous_id, * FROM messages WHERE type = 'alias'
),
-- Their identified messages, each with its person and its place in the total order.
sightings AS (
  SELECT
    m.space, m.alias, p.person_id, m.model_time,
    {'t': m.model_time, 'r': m.received_at, 'b': m.batch_index, 's': m.source, 'm': m.message_id} AS place
  FROM identified AS m
  JOIN shared USING (space, alias)
  JOIN alias_edges AS e ON e.space = m.space AND e.alias = m.alias AND e.next_alias = m.user_id
  JOIN universal_alias_mapping AS p ON p.space = m.space AND p.alias = m.user_id
),
-- Mode `next_login`: up to and with each identified message it is that message's user (of several at one time, the first); after the last, the last one's.
steps AS (
  SELECT space, alias, model_time + INTERVAL 1 MICROSECOND AS valid_to, arg_min(person_id, place) AS person_id
  FROM sightings
  GROUP BY space, alias, model_time
  UNION ALL
  SELECT space, alias, NULL, arg_max(person_id, place) FROM sightings GROUP BY space, alias
),
-- Neighbours with the same person are one interval: of each run of them the last row stays, and begins where the one before it ends.
ends AS (
  SELECT * FROM steps
  QUALIFY person_id IS DISTINCT FROM lead(person_id) OVER (PARTITION BY space, alias ORDER BY valid_to NULLS LAST)
),
intervals AS (
  SELECT space, alias, lag(valid_to) OVER (PARTITION BY space, alias ORDER BY valid_to NULLS LAST) AS valid_from, valid_to, person_id FROM ends
)
SELECT i.alias, i.valid_from, i.valid_to, p.alias AS universal_user_id, i.space, i.person_id
FROM intervals AS i
JOIN clew.identifiers AS p ON p.id = i.person_id
UNION ALL
SELECT alias, NULL, NULL, universal_user_id, space, person_id
FROM devices
WHERE (space, alias) NOT IN (SELECT (space, alias) FROM shared)
