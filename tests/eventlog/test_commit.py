"""Group commit: few commits for many appends; each waiter learns of its own group's fate."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvloop

from clew import config
from clew.errors import LogError, LogFull
from clew.eventlog import Cursor, LogWriter
from clew.eventlog.commit import GroupCommit
from eventlog.lines import line, numbers

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param


class Watched(LogWriter):
    """A writer that notes its commits, can be held up, and can be told to fail."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, config.Log())
        self.commits: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fault: Exception | None = None

    def append_all(self, parts: Sequence[bytes], count: int) -> Cursor:
        assert self.gate.wait(20)
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.commits.append(count)
        return super().append_all(parts, count)


@pytest.fixture
def writer(tmp_path: Path):
    with Watched(tmp_path) as watched:
        yield watched


def test_an_awaited_append_is_on_disk(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0)
        for number in range(5):
            await commit.append(line(number), 1)
            assert numbers(writer.folder) == list(range(number + 1))
        await commit.close()

    run(main())
    assert writer.commits == [1] * 5


def test_appends_of_one_turn_of_the_loop_are_one_commit(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0)
        await asyncio.gather(*(commit.append(line(number), 1) for number in range(1000)))
        await commit.close()

    run(main())
    assert writer.commits == [1000]
    assert numbers(writer.folder) == list(range(1000))


def test_what_comes_during_a_commit_is_the_next_group(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0)
        writer.gate.clear()
        waiters = [commit.append(line(0), 1)]
        for number in range(1, 50):
            await asyncio.sleep(0)
            waiters.append(commit.append(line(number), 1))
        assert not any(waiter.done() for waiter in waiters)
        writer.gate.set()
        await asyncio.gather(*waiters)
        await commit.close()

    run(main())
    assert len(writer.commits) == 2
    assert numbers(writer.folder) == list(range(50))


def test_waits_for_more_until_the_time_has_passed(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0.2)
        first = commit.append(line(0), 1)
        await asyncio.sleep(0.01)
        second = commit.append(line(1), 1)
        assert not first.done()
        await asyncio.gather(first, second)
        await commit.append(line(2), 1)
        await commit.close()

    run(main())
    assert writer.commits == [2, 1]


def test_does_not_wait_when_enough_has_gathered(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 3 * len(line(1)), 3600)
        async with asyncio.timeout(20):
            for _ in range(3):
                await asyncio.gather(*(commit.append(line(number), 1) for number in (1, 2, 3)))
        await commit.close()

    run(main())
    assert writer.commits == [3, 3, 3]


def test_closing_commits_what_has_gathered(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 3600)
        writer.gate.clear()
        first = commit.append(line(0), 1)
        commit._fall_due()
        second = commit.append(line(1), 1)
        closing = asyncio.ensure_future(commit.close())
        await asyncio.sleep(0)
        writer.gate.set()
        await closing
        assert first.done()
        assert second.done()

    run(main())
    assert numbers(writer.folder) == [0, 1]


def test_a_failure_reaches_every_waiter_of_its_group_and_no_other(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0)
        writer.fault = LogFull("no room")
        writer.gate.clear()
        failing = [asyncio.ensure_future(commit.append(line(number), 1)) for number in range(10)]
        await asyncio.sleep(0.01)
        good = [commit.append(line(number), 1) for number in range(10, 20)]
        writer.gate.set()
        results = await asyncio.gather(*failing, return_exceptions=True)
        await asyncio.gather(*good)
        assert [(type(result), str(result)) for result in results] == [(LogFull, "no room")] * 10
        assert len(set(map(id, results))) == 10
        await commit.close()

    run(main())
    assert numbers(writer.folder) == list(range(10, 20))


def test_a_failing_disk_fails_the_append_and_then_serves_again(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def main() -> None:
        with LogWriter(tmp_path, config.Log()) as writer:
            commit = GroupCommit(writer, 1 << 20, 0)
            with monkeypatch.context() as patch:
                patch.setattr(os, "pwritev", full)
                for _ in range(3):
                    with pytest.raises(LogFull, match="No space left"):
                        await commit.append(line(0), 1)
            await commit.append(line(1), 1)
            await commit.close()

    run(main())
    assert numbers(tmp_path) == [1]


def test_a_bug_in_an_append_is_an_error_and_not_a_wait_for_ever(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0)
        async with asyncio.timeout(20):
            with pytest.raises(LogError, match="expected whole lines"):
                await commit.append(b"half a line", 1)
            await commit.append(line(1), 1)
            await commit.close()

    run(main())
    assert numbers(writer.folder) == [1]


def test_a_waiter_that_gives_up_takes_nobody_with_it(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0)
        writer.gate.clear()
        waiters = [commit.append(line(number), 1) for number in range(3)]
        waiters[1].cancel()
        writer.gate.set()
        await asyncio.gather(waiters[0], waiters[2])
        await commit.close()

    run(main())
    assert numbers(writer.folder) == [0, 1, 2]


def test_a_roll_closes_the_chunk_of_all_that_was_committed(run: Run, writer: Watched):
    async def main() -> None:
        commit = GroupCommit(writer, 1 << 20, 0)
        await commit.append(line(0), 1)
        assert await commit.roll() == 1
        assert await commit.roll() == 1
        await commit.append(line(1), 1)
        assert await commit.roll() == 2
        await commit.close()

    run(main())
    assert numbers(writer.folder) == [0, 1]
