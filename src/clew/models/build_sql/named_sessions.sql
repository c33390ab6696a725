-- A session goes by the hash of its first event's key, so that a late event elsewhere does not rename it.
SELECT s.*, CAST('0x' || left(md5(e.source || '/' || e.message_id), 15) AS BIGINT) AS session_id
FROM session_stage AS s
JOIN {{ events }} AS e ON e.event_number = s.event_number
