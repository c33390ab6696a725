-- Whose an event is that names a shared device alone: at model_time t, the row with valid_from <= t < valid_to. NULL = without limit.
WITH
{% if identity.mode == 'first' %}
-- Mode `first`: the user of the first identified event.
steps AS (
  SELECT alias_id, CAST(NULL AS TIMESTAMP) AS valid_to, arg_min(person_id, place) AS person_id FROM sightings GROUP BY alias_id
),
{% else %}
-- Mode `next_login`: up to and with each identified event it is that event's user (of several at one time, the first); after the last, the last one's.
steps AS (
  SELECT alias_id, model_time + INTERVAL 1 MICROSECOND AS valid_to, arg_min(person_id, place) AS person_id FROM sightings GROUP BY alias_id, model_time
  UNION ALL
  SELECT alias_id, NULL, arg_max(person_id, place) FROM sightings GROUP BY alias_id
),
{% endif %}
-- Neighbours with the same person are one interval: of each run of them the last row stays, and begins where the one before it ends.
ends AS (
  SELECT * FROM steps
  QUALIFY person_id IS DISTINCT FROM lead(person_id) OVER (PARTITION BY alias_id ORDER BY valid_to NULLS LAST)
)
SELECT alias_id, lag(valid_to) OVER (PARTITION BY alias_id ORDER BY valid_to NULLS LAST) AS valid_from, valid_to, person_id
FROM ends
