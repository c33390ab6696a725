-- What a person's newest identify calls tell, newest first.
-- $person_id, $space; $sources: names of sources, or of all others ($without). $types: identify. $limit: how many.
WITH
-- include _person_messages
newest AS (
    SELECT model_time, source, message_id, received_at, batch_index, CAST(payload AS VARCHAR) AS traits
    FROM calls
    ORDER BY model_time DESC, received_at DESC, batch_index DESC, source DESC, message_id DESC
    LIMIT $limit
)
SELECT model_time, traits
FROM newest
ORDER BY model_time DESC, received_at DESC, batch_index DESC, source DESC, message_id DESC;
