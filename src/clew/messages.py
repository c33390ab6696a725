"""A message as received (wire names, camelCase), and a log record: the message with what the collector stamped on it.

A record is one line of JSON in the log:

    {"xxh3":"<16 hex digits over the rest>", <Stamp>, "message": <the message, byte for byte as received>}

`Stamp` holds what the collector decided; whatever else a reader wants, it takes from `message` by the rules here. Times are
microseconds since 1970 UTC.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

TYPES = ("track", "identify", "page", "screen", "group", "alias")
MessageType = Literal["track", "identify", "page", "screen", "group", "alias"]
VIEW_EVENTS = {"page": "Page Viewed", "screen": "Screen Viewed"}
"""Names that page and screen calls go by wherever events are named, as in Segment's own schema view."""


class Stamp(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the collector stamps on a message. Absent in the JSON where it has its default."""

    source: str
    received_at: int
    batch_index: int = 0
    """Place in the request; 0 for single calls. Part of the total order of events."""
    type: str
    message_id: str
    timestamp: int
    """When it happened, corrected for the sender's clock."""
    original_timestamp: int | None = None
    """As the client said; None where it said nothing that can be read."""
    sent_at: int | None = None
    clock_shift: int = 0
    """timestamp - original_timestamp: what the correction added."""
    reason: str | None = None
    """Refused messages only: one of the closed set of reasons."""
    detail: str | None = None
    """Refused messages only: what was expected and found."""


class Record(Stamp, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the log: the stamp and the raw message."""

    message: msgspec.Raw = msgspec.Raw(b"{}")


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The parts of a message that Clew reads, as sent. Nested values stay raw JSON; use `identifier` for the ids."""

    type: Any = None
    message_id: Any = None
    anonymous_id: Any = None
    user_id: Any = None
    previous_id: Any = None
    group_id: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    properties: msgspec.Raw = msgspec.Raw(b"null")
    traits: msgspec.Raw = msgspec.Raw(b"null")
    context: msgspec.Raw = msgspec.Raw(b"null")


decode_record = msgspec.json.Decoder(Record).decode
decode_message = msgspec.json.Decoder(Message).decode


def identifier(value: Any) -> str | None:
    """An id as Clew keeps it: text as it is, numbers as text, null and empty as None. Raises ValueError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected text or a number, found {type(value).__name__}")
    return str(value)
