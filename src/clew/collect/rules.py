"""What a message must be to be accepted: RULES, in order. Each keeps a draft, changes it, or raises Refused.

The order is that of Segment's checks, so that a message with several faults is refused for the same one. To add a rule, write the
function, name it in RULES, and its reasons in `reasons`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from clew.collect.wire.message import read_message
from clew.config import Collect, Source
from clew.errors import Refused
from clew.messages import TYPES, Message, identifier

MAX_ID = 100
"""Characters of a messageId."""
PROPERTY_BYTES = 5
"""The shortest that a property can be: `"":0,`."""


class Call(NamedTuple):
    """The request that a message came in."""

    source: Source
    limits: Collect
    received_at: int
    type: str | None = None
    """Implied by the path of a single call."""
    ip: str | None = None
    user_agent: str | None = None


UNREAD = Message()


class Draft(msgspec.Struct):
    """One message on its way through the rules."""

    call: Call
    index: int
    raw: bytes
    message: Message = UNREAD
    type: str = ""
    message_id: str = ""
    """As given to the rules: the id it gets if the client gave none."""
    made_id: bool = False
    """The client gave no messageId: sent again, it is another message."""
    note: str | None = None


def can_be_read(draft: Draft) -> None:
    """A JSON object in UTF-8, with whole characters and not nested too deep."""
    draft.message = read_message(draft.raw, draft.call.limits.max_depth)


def has_a_type(draft: Draft) -> None:
    """The path of a single call implies it; in a batch the message must say it."""
    found = draft.message.type
    draft.type = draft.call.type or found
    if draft.call.type is None and found not in TYPES:
        raise Refused("invalid_type", f"expected type to be one of {', '.join(TYPES)}, found {_show(found)}")
    if draft.call.type is not None and found in TYPES and found != draft.call.type:
        draft.note = f"type {found} in the message, sent as {draft.call.type}: kept as {draft.call.type}"


def has_usable_ids(draft: Draft) -> None:
    """Ids are text or numbers, which count as their text; null and empty are absent."""
    message = draft.message
    user, anonymous = _identifier("userId", message.user_id), _identifier("anonymousId", message.anonymous_id)
    previous, group = _identifier("previousId", message.previous_id), _identifier("groupId", message.group_id)
    if user is None and anonymous is None:
        raise Refused("no_user_anon_id", "expected userId or anonymousId, found neither")
    if draft.type == "alias" and user is None:
        raise Refused("missing_user_id", "expected userId, the new id of the alias call, found none")
    if draft.type == "alias" and previous is None:
        raise Refused("missing_previous_id", "expected previousId, the old id of the alias call, found none")
    if draft.type == "group" and group is None:
        raise Refused("missing_group_id", "expected groupId, found none")


def track_names_its_event(draft: Draft) -> None:
    event = draft.message.event
    if draft.type == "track" and (type(event) is not str or not event):
        raise Refused("missing_event", f"expected event to be text that is not empty, found {_show(event)}")


def has_a_message_id(draft: Draft) -> None:
    """The client's, of at most 100 characters; one is made where it gave none."""
    found = _identifier("messageId", draft.message.message_id)
    draft.made_id = found is None
    draft.message_id = found or draft.message_id or str(uuid.uuid4())
    if len(draft.message_id) > MAX_ID:
        raise Refused("id_too_long", f"expected a messageId of at most {MAX_ID} characters, found {len(draft.message_id)}")


def is_small_enough(draft: Draft) -> None:
    limit = draft.call.limits.max_message_bytes
    if len(draft.raw) > limit:
        raise Refused("message_too_large", f"expected at most {limit} bytes (collect.max_message_bytes), found {len(draft.raw)}")


def holds_objects(draft: Draft) -> None:
    """properties, traits and context are objects. Null is absent, and so is `[]`, as PHP writes an empty object."""
    for name in ("properties", "traits", "context"):
        raw = bytes(getattr(draft.message, name))
        if raw[:1] != b"{" and raw not in (b"null", b"[]"):
            raise Refused("invalid_object", f"expected {name} to be an object, found {raw[:40].decode(errors='replace')}")


def has_few_properties(draft: Draft) -> None:
    limit = draft.call.limits.max_properties
    for name in ("properties", "traits"):
        raw: msgspec.Raw = getattr(draft.message, name)
        if len(bytes(raw)) > PROPERTY_BYTES * limit and (count := len(_decode_members(raw))) > limit:
            raise Refused("too_many_properties", f"expected at most {limit} {name} (collect.max_properties), found {count}")


def is_within_the_batch(draft: Draft) -> None:
    limit = draft.call.limits.max_batch_messages
    if draft.index >= limit:
        raise Refused("too_many_messages", f"expected at most {limit} messages (collect.max_batch_messages), this is number {draft.index + 1}")


RULES: tuple[Callable[[Draft], None], ...] = (
    can_be_read,
    has_a_type,
    has_usable_ids,
    track_names_its_event,
    has_a_message_id,
    is_small_enough,
    holds_objects,
    has_few_properties,
    is_within_the_batch,
)

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _identifier(name: str, value: Any) -> str | None:
    try:
        return identifier(value)
    except ValueError as error:
        raise Refused("invalid_id", f"{name}: {error}") from error


def _show(value: Any) -> str:
    """A value as a person reads it in an error."""
    return "none" if value is None else repr(value)[:60]
