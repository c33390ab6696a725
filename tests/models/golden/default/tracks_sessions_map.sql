-- Every event that lies in a session. `counted` is false for those that touch no number of it.
SELECT k.source, e.message_id, e.session_id, e.track_sequence_number, true AS counted
FROM event_sessions AS e
JOIN event_kinds AS k USING (kind_id)
UNION ALL
SELECT source, message_id, session_id, NULL, false FROM uncounted_tracks
