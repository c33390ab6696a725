"""A record of the log as the live page shows it: a row of the list, and the whole call laid out to be read.

Rows leave out the call itself: it is read from the log again when somebody opens it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clew import clock
from clew.config import Paths
from clew.eventlog import Cursor, LogReader
from clew.messages import VIEW_EVENTS, Record, decode_message, identifier


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message as the live page lists it. `log`, `chunk` and `ordinal` are where it stands; times are microseconds since 1970 UTC."""

    log: str
    chunk: int
    ordinal: int
    received_at: int
    timestamp: int
    source: str
    type: str
    name: str = ""
    user_id: str = ""
    anonymous_id: str = ""
    reason: str = ""
    detail: str = ""


class Filter(NamedTuple):
    """What somebody wants to see. Empty = all."""

    source: str = ""
    name: str = ""
    refused_only: bool = False

    def __call__(self, row: Row) -> bool:
        return (
            (not self.source or row.source == self.source)
            and (not self.name or self.name in (row.name, row.type))
            and (not self.refused_only or bool(row.reason))
        )


def to_row(log: str, cursor: Cursor, record: Record) -> Row:
    """The row of `record`, which stands at `cursor` of `log` (log or refused)."""
    try:
        message = decode_message(record.message)
    except msgspec.DecodeError:  # refused for it, and shown all the same
        message = decode_message(b"{}")
    event = message.event if record.type == "track" else VIEW_EVENTS.get(record.type)
    return Row(
        log=log,
        chunk=cursor.chunk,
        ordinal=cursor.ordinal,
        received_at=record.received_at,
        timestamp=record.timestamp,
        source=record.source,
        type=record.type,
        name=_text(event),
        user_id=_text(message.user_id),
        anonymous_id=_text(message.anonymous_id),
        reason=record.reason or "",
        detail=record.detail or "",
    )


_TIMES = frozenset({"received_at", "timestamp", "original_timestamp", "sent_at"})


class RawCall(msgspec.Struct, frozen=True):
    """A call as it was received, set out to be read; `stamp` is what the collector put on it."""

    message: str
    stamp: str


def raw_call(root: Path, log: str, cursor: Cursor) -> RawCall | None:
    """The record at `cursor` of `log` or `refused`; None when it was deleted or never was."""
    folder = Paths(root).refused if log == "refused" else Paths(root).log
    with LogReader(folder) as reader:
        slice_ = reader.read(cursor, 1)
    if slice_.start != cursor or not slice_.lines or not slice_.lines[0]:
        return None
    record = msgspec.json.decode(slice_.lines[0], type=dict[str, msgspec.Raw])
    message = record.pop("message", msgspec.Raw(b"null"))
    stamp = {name: msgspec.Raw(msgspec.json.encode(clock.iso(int(bytes(value)))) if name in _TIMES else value) for name, value in record.items()}
    return RawCall(_laid_out(message), _laid_out(msgspec.json.encode(stamp)))


def _laid_out(json: bytes | msgspec.Raw) -> str:
    return msgspec.json.format(bytes(json), indent=2).decode("utf-8", "replace")


def _text(value: Any) -> str:
    """An id or a name as text, cut to what a list can show; refused messages may hold anything there."""
    try:
        return (identifier(value) or "")[:200]
    except ValueError:
        return str(value)[:200]
