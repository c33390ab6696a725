"""The logs followed for all who look: one task reads both logs while anybody looks, everybody gets the same rows.

What is accepted and what is refused are two logs; here they are one stream.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool

from clew.config import Paths
from clew.eventlog import Cursor, LogReader, before_last
from clew.messages import decode_record
from clew.web.live.rows import Filter, Row, to_row

KEEP = 2000
"""Rows remembered for who comes next, and for filters."""
AT_ONCE = 500
"""Rows sent at once at most, and rows first shown."""
POLL_SECONDS = 0.25
SILENCE_SECONDS = 15.0
READ_BYTES = 8 * 1024 * 1024


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

    async def _read_on(self) -> None:
        followers = _Followers(self._folders)
        try:
            while True:
                found = await run_in_threadpool(followers.read)
                await self._add(sorted(found, key=lambda pair: pair[1].received_at))
                await asyncio.sleep(POLL_SECONDS)
        except Exception as error:  # noqa: BLE001  handed to everybody who looks
            async with self._came:
                self._error = error
                self._came.notify_all()
        finally:
            followers.close()

    async def _add(self, found: list[tuple[int, Row]]) -> None:
        if not found:
            return
        async with self._came:
            for step, row in found:
                self._count += step
                self._rows.append((self._count, row))
            self._came.notify_all()


class _Followers:
    """All logs. A thread that still reads when they are closed leaves nothing open: who stops looking does not wait for it."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self._each: list[_Follower] = []
        self._lock = threading.Lock()
        self._is_closed = False

    def read(self) -> list[tuple[int, Row]]:
        with self._lock:
            if self._is_closed:
                return []
            if not self._each:
                self._each += (_Follower(name, folder) for name, folder in self._folders.items())
            return [pair for follower in self._each for pair in follower.read()]

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            for follower in self._each:
                follower.close()


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
                rows.append((step, to_row(self._name, Cursor(slice_.start.chunk, ordinal), decode_record(line))))
                step = 0
        return rows

    def close(self) -> None:
        self._reader.close()
