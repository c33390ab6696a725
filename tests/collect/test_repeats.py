"""Storing once: known only when on disk, and repeats under way wait for the first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.collect.repeats import Repeats, StoreOnce
from clew.errors import LogError, LogFull
from clew.eventlog import seal_bodies
from collect.door import CollectDoor, track


class SlowLog:
    """A log that writes when told to."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.under_way: list[tuple[bytes, asyncio.Future[None]]] = []

    def append(self, lines: bytes, count: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.under_way.append((lines, future))
        return future

    def finish(self, error: Exception | None = None) -> None:
        for lines, future in self.under_way:
            if error is None:
                self.lines.append(lines)
                future.set_result(None)
            else:
                future.set_exception(error)
        self.under_way = []


def test_a_repeat_waits_for_the_first() -> None:
    async def run() -> None:
        log = SlowLog()
        once = StoreOnce(log, 100)  # type: ignore[arg-type]
        first = asyncio.create_task(once.put({1: b"a", 2: b"b"}))
        second = asyncio.create_task(once.put({2: b"b", 3: b"c"}))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not second.done()
        assert len(log.under_way) == 2
        log.finish()
        assert (await first, await second) == (2, 1)
        assert log.lines == [seal_bodies([b"a", b"b"]), seal_bodies([b"c"])]
        assert await once.put({1: b"a"}) == 0

    asyncio.run(run())


def test_a_repeat_of_what_could_not_be_stored_fails_too() -> None:
    async def run() -> None:
        log = SlowLog()
        once = StoreOnce(log, 100)  # type: ignore[arg-type]
        first = asyncio.create_task(once.put({1: b"a"}))
        second = asyncio.create_task(once.put({1: b"a"}))
        await asyncio.sleep(0)
        log.finish(LogFull("full"))
        with pytest.raises(LogFull):
            await first
        with pytest.raises(LogError):
            await second
        third = asyncio.create_task(once.put({1: b"a"}))
        await asyncio.sleep(0)
        log.finish()
        assert await third == 1

    asyncio.run(run())


@given(st.lists(st.integers(0, 50)), st.integers(0, 20))
def test_memory_is_bounded_and_keeps_the_newest(values: list[int], limit: int) -> None:
    memory = Repeats(limit)
    for value in values:
        memory.add([value])
    known = [value for value in set(values) if value in memory]
    assert len(known) <= limit + 1
    newest = list(dict.fromkeys(reversed(values)))[: max(0, limit // 2)]
    assert all(value in memory for value in newest)
    assert memory.has_none([51])


def test_at_the_door(door: CollectDoor) -> None:
    answers = door.at_once(*[("/v1/track", track(messageId="1"))] * 5, ("/v1/track", track()), ("/v1/track", track()))
    assert [answer.status for answer in answers] == [200] * 7
    assert len(door.log) == 3
    assert door.app.collector.intake.counts.duplicates == 4


def test_a_refused_message_is_kept_once(door: CollectDoor) -> None:
    for _ in range(3):
        assert door.post("/v1/track", {"event": "e"}).status == 200
    assert door.reasons == ["no_user_anon_id"]


def test_memory_may_be_off(tmp_path: Path) -> None:
    with CollectDoor(tmp_path, remember_messages=0) as door:
        for _ in range(2):
            door.post("/v1/track", track(messageId="1"))
        assert len(door.log) == 2
