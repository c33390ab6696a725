"""When a message happened: the client's times, corrected for its clock (behaviour.md, messages, time and order)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, Self

import msgspec

from clew import clock

FIRST, LAST = -62_135_596_800 * clock.SECOND, 253_402_300_800 * clock.SECOND
"""Years 1 to 9999: times that calendars can show."""
NOT_RESTAMPING = frozenset({"analytics-node", "analytics-swift", "analytics-kotlin"})
"""Libraries that send a retry with the `sentAt` of the first try, so that a late arrival says nothing about their clock."""


class Timed(Protocol):
    """The times of a message as sent, and its context."""

    @property
    def timestamp(self) -> Any: ...
    @property
    def original_timestamp(self) -> Any: ...
    @property
    def sent_at(self) -> Any: ...
    @property
    def context(self) -> Any: ...


class Clock(NamedTuple):
    """What holds for all messages of a request, in microseconds: when it came, the batch's `sentAt`, and `collect.clock_tolerance_seconds`."""

    received_at: int
    sent: int | None
    tolerance: int
    sent_agrees: bool
    """Whether nothing is to be corrected in messages without a `sentAt` of their own."""

    @classmethod
    def of(cls, received_at: int, sent: int | None, tolerance: int) -> Self:
        return cls(received_at, sent, tolerance, sent is None or (tolerance > 0 and abs(received_at - sent) <= tolerance))


Times = tuple[int, int | None, int | None, str | None]
"""timestamp, original_timestamp and sent_at in microseconds since 1970 UTC, and a note of what could not be read or used."""


class _Library(msgspec.Struct, frozen=True):
    name: Any = None


class _Context(msgspec.Struct, frozen=True):
    library: _Library = _Library()


_UTC = dt.UTC
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=_UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_from_iso = dt.datetime.fromisoformat
_decode_context = msgspec.json.Decoder(_Context).decode


def times(message: Timed, now: Clock) -> Times:
    """The times of `message`; its own `sentAt` goes before the batch's. A time that cannot be read is missing, with a note."""
    written = message.timestamp if message.timestamp is not None else message.original_timestamp
    original = None if written is None else read_time(written)
    sent = now.sent if message.sent_at is None else read_time(message.sent_at)
    note = None
    if (original is None and written is not None) or (sent is None and message.sent_at is not None):
        note = f"cannot read the time {written if original is None and written is not None else message.sent_at!r}"[:200]
    if original is None:
        return (now.received_at, None, sent, note)
    if sent is None or _agrees(sent, now, message):
        return (original, original, sent, note)
    corrected = now.received_at - (sent - original)
    if FIRST <= corrected < LAST:
        return (corrected, original, sent, note)
    return (now.received_at, original, sent, "the corrected time is outside the years 1 to 9999")


def _agrees(sent: int, now: Clock, message: Timed) -> bool:
    """Whether the sender's clock counts as right. A tolerance of 0 means never: Segment's formula always."""
    late = now.received_at - sent
    if now.tolerance == 0 or abs(late) <= now.tolerance:
        return now.tolerance > 0
    return late > 0 and _library(message) in NOT_RESTAMPING


def _library(message: Timed) -> Any:
    try:
        name = _decode_context(message.context).library.name
    except (msgspec.DecodeError, TypeError):
        return None
    return name if isinstance(name, str) else None


def read_usual(texts: Iterable[str | None]) -> list[int] | None:
    """`read_time` of each, if all have the one form that nearly all clients write: an ISO time ending in Z or +00:00. None: look again."""
    try:
        moments = list(map(_from_iso, texts))  # type: ignore[arg-type]  # None is a TypeError
    except (TypeError, ValueError):
        return None
    if any([moment.tzinfo is not _UTC for moment in moments]):  # noqa: C419 - faster so
        return None
    return [(moment - _EPOCH) // _MICROSECOND for moment in moments]


def read_time(value: Any) -> int | None:
    """Microseconds since 1970 UTC of a text with an ISO 8601 time; None for anything else."""
    try:
        return clock.parse_time(value)
    except (TypeError, ValueError, OverflowError):
        return None
