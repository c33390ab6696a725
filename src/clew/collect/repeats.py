"""Storing a message once: repeats that clients send when an answer was lost are found at the door, byte for byte.

This saves disk; it decides nothing. The warehouse knows every (source, message id), and finds also repeats that differ in `sentAt`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import xxhash

from clew.errors import LogError
from clew.eventlog import seal_bodies
from clew.eventlog.commit import GroupCommit

fingerprint: Callable[[bytes], bytes] = xxhash.xxh3_128_digest
"""What is remembered of a message."""


class Repeats:
    """Hashes of the newest stored messages: at least half of `limit` of them, at most `limit`."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._new: set[bytes] = set()
        self._old: set[bytes] = set()

    def __contains__(self, value: bytes) -> bool:
        return value in self._new or value in self._old

    def has_none(self, values: Iterable[bytes]) -> bool:
        """Whether none of them is known."""
        return self._new.isdisjoint(values) and self._old.isdisjoint(values)

    def add(self, values: Iterable[bytes]) -> None:
        if not self._half:
            return
        self._new.update(values)
        if len(self._new) > self._half:
            self._old, self._new = self._new, set()


class StoreOnce:
    """A log that takes each message once. One event loop.

    A message is known only when it is on disk; while it is being written, who sends it again waits for the same write.
    """

    def __init__(self, log: GroupCommit, remember: int) -> None:
        self._log = log
        self._stored = Repeats(remember)
        self._writing: set[bytes] = set()
        self._writes: dict[asyncio.Future[bool], list[bytes]] = {}

    async def put(self, lines: dict[bytes, bytes]) -> int:
        """Fingerprint -> body of its line; takes them out of it. Returns, when all are on disk, how many were new.

        Raises LogFull or LogError: then not all are on disk.
        """
        if self._stored.has_none(lines) and self._writing.isdisjoint(lines):
            return await self._write(lines)
        others = [done for done, values in self._writes.items() if not lines.keys().isdisjoint(values)]
        fresh = {value: line for value, line in lines.items() if value not in self._stored and value not in self._writing}
        lines.clear()
        count = await self._write(fresh) if fresh else 0
        for other in others:
            if not await asyncio.shield(other):
                raise LogError("the same message was being written and could not be stored: send it again")
        return count

    async def _write(self, lines: dict[bytes, bytes]) -> int:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        values, written = list(lines), self._log.append(seal_bodies(lines.values()), len(lines))
        lines.clear()  # while this waits for the disk, the next request uses the same memory, which is still in the processor's cache
        self._writing.update(values)
        self._writes[done] = values
        stored = False
        try:
            await written
            stored = True
            self._stored.add(values)
        finally:
            self._writing.difference_update(values)
            del self._writes[done]
            done.set_result(stored)
        return len(values)
