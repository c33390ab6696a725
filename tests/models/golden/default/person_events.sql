-- Every track, page and screen event with its person, person by person, and each person's in the total order. The numbers lead to `identifiers`,
-- `event_kinds`, `event_contexts` and `event_texts`.
SELECT
  person, model_time,
  other_time, is_suspect,
  batch_index, kind_id, message_id, anonymous_number, user_number,
  device_number,
  group_number,
  context_id,
  page_number,
  referrer_number,
  load_id, is_activity
FROM placed_events
ORDER BY
  person, model_time, CASE WHEN is_suspect THEN model_time ELSE other_time END, batch_index, kind_id // 1048576, message_id
