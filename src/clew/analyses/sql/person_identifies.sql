-- What a person's newest identify calls tell, newest first.
-- $person_id, $space; $sources: names of sources, or of all others ($without). $types: identify. $limit: how many.
WITH
-- include _person_messages
newest AS (
    SELECT model_time, received_at, batch_index, source, message_id, chunk, ordinal
    FROM calls
    ORDER BY model_time DESC, received_at DESC, batch_index DESC, source DESC, message_id DESC
    LIMIT $limit
)
SELECT n.model_time, CAST(e.payload AS VARCHAR) AS traits
FROM newest AS n
JOIN clew.events AS e ON e.chunk = n.chunk AND e.ordinal = n.ordinal
ORDER BY n.model_time DESC, n.received_at DESC, n.batch_index DESC, n.source DESC, n.message_id DESC;
