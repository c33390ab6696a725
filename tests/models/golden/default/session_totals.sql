-- What is counted over the events of each session; the numbers of the rows that further facts are taken from.
SELECT
  e.session_id, any_value(e.person_id) AS person_id, min(e.model_time) AS session_start, max(e.model_time) AS session_last,
  count(*) AS events, CAST(count_if(k.type IN ('page', 'screen')) AS BIGINT) AS views,
  false AS is_ended,
  min(e.event_number) AS first_number,
  bool_or(k.shows_engagement) AS is_engaged,
  arg_min(e.page_number, e.track_sequence_number) AS landing_number,
  arg_max(e.page_number, e.track_sequence_number) AS exit_number,
  arg_min(e.referrer_number, e.track_sequence_number) AS referrer_number,
  arg_min(c.context_id, e.track_sequence_number) FILTER (c.has_touch) AS touch_id,
  arg_min(c.country, e.track_sequence_number) AS country
FROM person_events AS e
JOIN event_kinds AS k USING (kind_id)
LEFT JOIN event_contexts AS c USING (context_id)
WHERE e.session_id IS NOT NULL
GROUP BY e.session_id
