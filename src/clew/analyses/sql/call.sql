-- A call as it was received.
-- $source, $message_id: its key.
SELECT
    message, source, message_id, type, timestamp, received_at, original_timestamp, sent_at, clock_shift, batch_index, load_id, chunk, ordinal
FROM clew.events
WHERE key_hash = md5_number_lower(concat(strlen($source), ':', $source, $message_id))
    AND source = $source
    AND message_id = $message_id;
