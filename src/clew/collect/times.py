"""When a message happened: the client's times, corrected for its clock (behaviour.md, messages, time and order)."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from clew import clock
from clew.messages import Message

FIRST, LAST = -62_135_596_800 * clock.SECOND, 253_402_300_800 * clock.SECOND
"""Years 1 to 9999: times that calendars can show."""
NOT_RESTAMPING = frozenset({"analytics-node", "analytics-swift", "analytics-kotlin"})
"""Libraries that send a retry with the `sentAt` of the first try, so that a late arrival says nothing about their clock."""


class Times(NamedTuple):
    """Microseconds since 1970 UTC. `note` names times that could not be read."""

    timestamp: int
    original: int | None
    sent: int | None
    note: str | None


class _Library(msgspec.Struct, frozen=True):
    name: Any = None


class _Context(msgspec.Struct, frozen=True):
    library: _Library = _Library()


_decode_context = msgspec.json.Decoder(_Context).decode


def times(message: Message, received_at: int, batch_sent: int | None, tolerance: int) -> Times:
    """The times of `message`; its own `sentAt` goes before the batch's. A time that cannot be read is missing, with a note."""
    written = message.timestamp if message.timestamp is not None else message.original_timestamp
    original = None if written is None else read_time(written)
    sent = batch_sent if message.sent_at is None else read_time(message.sent_at)
    note = None
    if (original is None and written is not None) or (sent is None and message.sent_at is not None):
        note = f"cannot read the time {written if original is None and written is not None else message.sent_at!r}"[:200]
    if original is None:
        return Times(received_at, None, sent, note)
    if sent is None or agrees(received_at, sent, tolerance, message):
        return Times(original, original, sent, note)
    corrected = received_at - (sent - original)
    if FIRST <= corrected < LAST:
        return Times(corrected, original, sent, note)
    return Times(received_at, original, sent, "the corrected time is outside the years 1 to 9999")


def agrees(received_at: int, sent: int, tolerance: int, message: Message) -> bool:
    """Whether the sender's clock counts as right. A tolerance of 0 means never: Segment's formula always."""
    late = received_at - sent
    if tolerance == 0 or abs(late) <= tolerance:
        return tolerance > 0
    return late > 0 and _library(message) in NOT_RESTAMPING


def _library(message: Message) -> Any:
    try:
        return _decode_context(message.context).library.name
    except msgspec.DecodeError:
        return None


def read_time(value: Any) -> int | None:
    """Microseconds since 1970 UTC of a text with an ISO 8601 time; None for anything else."""
    if type(value) is not str:
        return None
    try:
        return clock.parse_time(value)
    except (ValueError, OverflowError):
        return None
