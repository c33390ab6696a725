-- The messages in hand, with what their identifiers lead to now.
SELECT h.*, u.person_id AS user_person, a.person_id AS device_person, coalesce(a.is_shared, false) AS on_shared_device
FROM hand AS h
LEFT JOIN leads AS a ON a.id = h.anonymous_number
LEFT JOIN leads AS u ON u.id = h.user_number
