-- Messages that were deleted since they were built.
SELECT person, event_number, anonymous_number, user_number, previous_number
FROM {{ ref('person_events') }}
WHERE event_number IN (SELECT event_number FROM clew.deleted_events)
