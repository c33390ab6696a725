-- What is counted over the events of each session, and the numbers of what else is told of it.
SELECT
  e.session_id, any_value(e.person_id) AS person_id, min(e.model_time) AS session_start, max(e.model_time) AS session_last,
  count(*) AS events, CAST(count_if(k.type IN ('page', 'screen')) AS BIGINT) AS views,
  arg_max(k.ends_session, e.track_sequence_number) AS is_ended,
  bool_or(k.shows_engagement) AS is_engaged,
  min(e.event_number) AS first_number,
  arg_min(e.kind_id, e.track_sequence_number) AS kind_id,
  arg_min_null(e.anonymous_number, e.track_sequence_number) AS anonymous_number,
  arg_min_null(e.device_number, e.track_sequence_number) AS device_number,
  arg_min(e.page_number, e.track_sequence_number) AS landing_number,
  arg_max(e.page_number, e.track_sequence_number) AS exit_number,
  arg_min(e.referrer_number, e.track_sequence_number) AS referrer_number,
  arg_min(c.context_id, e.track_sequence_number) FILTER (c.has_touch) AS touch_id,
  arg_min(c.context_id, e.track_sequence_number) FILTER (c.country IS NOT NULL) AS country_id
FROM event_sessions AS e
JOIN event_kinds AS k USING (kind_id)
LEFT JOIN event_contexts AS c USING (context_id)
GROUP BY e.session_id
