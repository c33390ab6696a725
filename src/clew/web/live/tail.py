"""The logs followed for all who look: one task reads both logs while anybody looks, everybody gets the same rows.

What is accepted and what is refused are two logs; here they are one stream. Rows leave out the call itself: it is read from
the log again when somebody opens it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool

from clew import clock
from clew.config import Paths
from clew.eventlog import Cursor, LogReader, before_last
from clew.messages import VIEW_EVENTS, Record, decode_message, decode_record, identifier

KEEP = 2000
"""Rows remembered for who comes next, and for filters."""
AT_ONCE = 500
"""Rows sent at once at most, and rows first shown."""
POLL_SECONDS = 0.25
SILENCE_SECONDS = 15.0
READ_BYTES = 8 * 1024 * 1024


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


class Batch(msgspec.Struct, frozen=True):
    """Rows in the order they came; `skipped` came too, faster than could be shown."""

    rows: list[Row]
    skipped: int = 0


class Tail:
    """Follows `log/` and `refused/` of a project while somebody looks."""

    def __init__(self, root: Path) -> None:
        paths = Paths(root)
        self._folders = {"log": paths.log, "refused": paths.refused}
        self._rows: deque[tuple[int, Row]] = deque(maxlen=KEEP)
        self._count = 0
        self._came = asyncio.Condition()
        self._lookers = 0
        self._task: asyncio.Task[None] | None = None
        self._error: Exception | None = None

    async def follow(self, wanted: Filter) -> AsyncGenerator[Batch | None, None]:
        """First what is remembered (at most `AT_ONCE` rows, perhaps none), then what comes; None after a silence. Raises LogError."""
        self._lookers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._read_on())
        try:
            seen, first = self._count, True
            while True:
                if first:
                    seen, batch = self._since(0, wanted)
                    yield Batch(batch.rows)
                    first = False
                elif await self._more_than(seen):
                    seen, batch = self._since(seen, wanted)
                    yield batch
                else:
                    yield None
                await asyncio.sleep(POLL_SECONDS)
        finally:
            self._left()

    async def _more_than(self, seen: int) -> bool:
        async with self._came:
            try:
                await asyncio.wait_for(self._came.wait_for(lambda: self._count > seen or self._error), SILENCE_SECONDS)
            except TimeoutError:
                return False
        if self._error:
            raise self._error
        return True

    def _since(self, seen: int, wanted: Filter) -> tuple[int, Batch]:
        new = [row for number, row in self._rows if number > seen]
        rows = [row for row in new if wanted(row)]
        lost = self._count - seen - len(new)
        return self._count, Batch(rows[-AT_ONCE:], lost + max(len(rows) - AT_ONCE, 0))

    def _left(self) -> None:
        self._lookers -= 1
        if not self._lookers and self._task is not None:
            self._task.cancel()
            self._task = None
            self._rows.clear()
            self._error = None

    def _beginnings(self) -> list[_Follower]:
        return [_Follower(name, folder) for name, folder in self._folders.items()]

    async def _read_on(self) -> None:
        followers: list[_Follower] = []
        try:
            followers += await run_in_threadpool(self._beginnings)
            while True:
                found = [pair for follower in followers for pair in await run_in_threadpool(follower.read)]
                await self._add(sorted(found, key=lambda pair: pair[1].received_at))
                await asyncio.sleep(POLL_SECONDS)
        except Exception as error:  # noqa: BLE001  handed to everybody who looks
            async with self._came:
                self._error = error
                self._came.notify_all()
        finally:
            for follower in followers:
                follower.close()

    async def _add(self, found: list[tuple[int, Row]]) -> None:
        if not found:
            return
        async with self._came:
            for step, row in found:
                self._count += step
                self._rows.append((self._count, row))
            self._came.notify_all()


class _Follower:
    """One log, from its last `AT_ONCE` records on."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._reader = LogReader(folder)
        self._cursor = before_last(folder, AT_ONCE)

    def read(self) -> list[tuple[int, Row]]:
        """The rows that came, each with how many records it stands for: itself and those skipped before it."""
        slice_ = self._reader.read(self._cursor, READ_BYTES)
        self._cursor = slice_.next
        first = max(len(slice_.lines) - KEEP, 0)
        rows, step = [], first
        for ordinal, line in enumerate(slice_.lines[first:], slice_.start.ordinal + first):
            step += 1
            if line:
                rows.append((step, _row(self._name, Cursor(slice_.start.chunk, ordinal), decode_record(line))))
                step = 0
        return rows

    def close(self) -> None:
        self._reader.close()


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


def _row(log: str, cursor: Cursor, record: Record) -> Row:
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


def _text(value: Any) -> str:
    """An id or a name as text, cut to what a list can show; refused messages may hold anything there."""
    try:
        return (identifier(value) or "")[:200]
    except ValueError:
        return str(value)[:200]
