-- The messages with their people, person by person, and each person's in the total order.
WITH
messages AS (
{{ messages }}
),
placed AS (
  -- A message that names its user is that user's. One that names only the device is the person's whom the device leads to.
  SELECT *, coalesce(user_person, device_person, 0) AS person
  FROM messages
{% if some_shared %}
  WHERE user_person IS NOT NULL OR NOT on_shared_device
  UNION ALL
  -- On a shared device it depends on when.
  SELECT m.*, i.person_id
  FROM (SELECT * FROM messages WHERE user_person IS NULL AND on_shared_device) AS m
  ASOF JOIN (SELECT alias_id, coalesce(valid_from, TIMESTAMP '0001-01-01') AS valid_from, person_id FROM {{ ref('intervals') }}) AS i
    ON i.alias_id = m.anonymous_number AND m.model_time >= i.valid_from
{% endif %}
)
SELECT
  person, epoch_us(model_time) AS time, event_number, kind_id, anonymous_number, user_number
{%- for column in optional %}, {{ 'epoch_us(other_time) AS other_time' if column == 'other_time' else column }}{% endfor %}

FROM placed
-- All keys of the total order but these two are settled where two events of a person have one time: sorting everything by them costs more than all else.
ORDER BY person, model_time
