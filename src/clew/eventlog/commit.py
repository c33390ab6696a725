"""Group commit: many small appends, one write and one sync."""

from __future__ import annotations

import asyncio
import queue
import threading

from clew.errors import LogError
from clew.eventlog.writer import LogWriter


class _Group:
    """What is committed together, and who waits for it."""

    __slots__ = ("count", "lines", "size", "waiters")

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.size = 0
        self.count = 0
        self.waiters: list[asyncio.Future[None]] = []


class GroupCommit:
    """Gathers appends of one event loop and commits them together, in one thread of its own, one commit at a time.

    A group is committed when it holds `commit_bytes`, or `commit_seconds` after its first append; with 0 seconds as soon as the
    commit before is done. The writer belongs to this object until `close` returns; closing the writer is the caller's.
    """

    def __init__(self, writer: LogWriter, commit_bytes: int, commit_seconds: float) -> None:
        self._writer = writer
        self._commit_bytes = commit_bytes
        self._commit_seconds = commit_seconds
        self._loop = asyncio.get_running_loop()
        self._group = _Group()
        self._due = False
        self._busy = False
        self._timer: asyncio.Handle | None = None
        self._work: queue.SimpleQueue[_Group | asyncio.Future[int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-commit", daemon=True)
        self._thread.start()

    def append(self, lines: bytes, count: int) -> asyncio.Future[None]:
        """Awaitable, done when the `count` sealed lines are on disk. Raises LogFull or LogError, then none of them is stored."""
        group = self._group
        group.lines.append(lines)
        group.size += len(lines)
        group.count += count
        waiter = self._loop.create_future()
        group.waiters.append(waiter)
        if self._timer is None:
            self._arm()
        if group.size >= self._commit_bytes:
            self._fall_due()
        return waiter

    def roll(self) -> asyncio.Future[int]:
        """Awaitable, done when the current chunk is closed, with what is committed by now: what `LogWriter.roll` returns."""
        rolled: asyncio.Future[int] = self._loop.create_future()
        self._work.put(rolled)
        return rolled

    async def close(self) -> None:
        """Commits what has gathered and ends the thread; every waiter is resolved when it returns. No append may follow."""
        if self._group.waiters:
            self._start()
        self._work.put(None)
        await asyncio.to_thread(self._thread.join)

    def _arm(self) -> None:
        """The first append of a group sets when it falls due; at the soonest when this turn of the loop has gathered its appends."""
        if self._commit_seconds:
            self._timer = self._loop.call_later(self._commit_seconds, self._fall_due)
        else:
            self._timer = self._loop.call_soon(self._fall_due)

    def _fall_due(self) -> None:
        self._due = True
        if not self._busy:
            self._start()

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        group, self._group = self._group, _Group()
        self._timer, self._due, self._busy = None, False, True
        self._work.put(group)

    def _run(self) -> None:
        """The commit thread."""
        while (group := self._work.get()) is not None:
            if isinstance(group, asyncio.Future):
                self._loop.call_soon_threadsafe(_settle, group, self._writer.roll())
                continue
            error: Exception | None = None
            try:
                self._writer.append_all(group.lines, group.count)
            except Exception as failure:  # noqa: BLE001 - it is raised in every waiter; unhandled here, they would wait for ever
                error = failure
            self._loop.call_soon_threadsafe(self._done, group, error)

    def _done(self, group: _Group, error: Exception | None) -> None:
        self._busy = False
        if self._due:
            self._start()
        for waiter in group.waiters:
            if not waiter.done():  # a waiter that gave up was cancelled
                _resolve(waiter, error)


def _settle(waiter: asyncio.Future[int], value: int) -> None:
    if not waiter.done():
        waiter.set_result(value)


def _resolve(waiter: asyncio.Future[None], error: Exception | None) -> None:
    if error is None:
        waiter.set_result(None)
        return
    kind = type(error) if isinstance(error, LogError) else LogError
    copy = kind(str(error) or repr(error))  # its own: a shared exception would gather every waiter's traceback
    copy.__cause__ = error
    waiter.set_exception(copy)
