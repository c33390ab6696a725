"""Why a message is refused: a closed set. docs/refusals.md lists it with what to do about each."""

from __future__ import annotations

REASONS = {
    "invalid_json": "an element of a batch is not JSON (NaN and Infinity are not)",
    "invalid_text": "text that is not UTF-8, or half of a surrogate pair",
    "not_object": "the message is not a JSON object",
    "too_deep": "nested deeper than collect.max_depth",
    "duplicate_keys": "an object gives the same key twice",
    "invalid_number": "a number too large to be one",
    "invalid_type": "`type` is missing or none of the six calls",
    "invalid_id": "an id is neither text nor a number",
    "no_user_anon_id": "neither userId nor anonymousId",
    "missing_user_id": "alias without userId",
    "missing_previous_id": "alias without previousId",
    "missing_event": "track without a text `event`",
    "missing_group_id": "group without groupId",
    "id_too_long": "messageId of more than 100 characters",
    "message_too_large": "larger than collect.max_message_bytes",
    "invalid_object": "properties, traits or context is not an object",
    "too_many_properties": "more properties or traits than collect.max_properties",
    "too_many_messages": "beyond collect.max_batch_messages in its batch",
}
"""reason -> what it means."""
