from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.config import Log
from clew.errors import LogError
from clew.eventlog import Cursor, LogWriter, erase, seal
from clew.messages import Stamp
from clew.web.live import tail as module
from clew.web.live.rows import Filter, Row, raw_call
from clew.web.live.tail import AT_ONCE, KEEP, Batch, Tail

pytestmark = pytest.mark.anyio


class Logs:
    """Both logs of a project, open for writing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.writers = {name: LogWriter(root / name, Log()) for name in ("log", "refused")}
        self.sent = 0

    def send(self, event: str = "Viewed", source: str = "web", reason: str | None = None, raw: bytes | None = None, **fields: Any) -> Cursor:
        self.sent += 1
        stamp = Stamp(source=source, received_at=self.sent, type="track", message_id=f"m{self.sent}", timestamp=self.sent, reason=reason)
        message = raw if raw is not None else json.dumps({"type": "track", "event": event, **fields}).encode()
        return self.writers["refused" if reason else "log"].append(seal(stamp, message), 1)

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    made = Logs(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.3)


async def take(following: AsyncIterator[Batch | None], count: int) -> list[Row]:
    """The next `count` rows."""
    rows: list[Row] = []
    async with asyncio.timeout(20):
        while len(rows) < count:
            batch = await anext(following)
            rows += batch.rows if batch else []
    assert len(rows) == count
    return rows


async def test_what_was_there_and_what_comes(logs: Logs) -> None:
    logs.send("Before", userId="u1", anonymousId="a1")
    async with aclosing(Tail(logs.root).follow(Filter())) as following:
        (before,) = await take(following, 1)
        assert (before.name, before.user_id, before.anonymous_id, before.source, before.type) == ("Before", "u1", "a1", "web", "track")
        logs.send("After")
        after = await take(following, 1)
        logs.send("Bad", reason="missing_event")
        after += await take(following, 1)
    assert [(row.name, row.log, row.reason) for row in after] == [("After", "log", ""), ("Bad", "refused", "missing_event")]


async def test_an_empty_log_says_so_at_once_then_is_silent(logs: Logs) -> None:
    async with aclosing(Tail(logs.root).follow(Filter())) as following:
        assert await anext(following) == Batch([])
        assert await anext(following) is None


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Filter(), ["A", "B", "C"]),
        (Filter(source="app"), ["B"]),
        (Filter(name="A"), ["A"]),
        (Filter(name="track"), ["A", "B", "C"]),
        (Filter(refused_only=True), ["C"]),
        (Filter(source="app", name="A"), []),
    ],
)
async def test_filters(logs: Logs, wanted: Filter, names: list[str]) -> None:
    tail = Tail(logs.root)
    logs.send("A")
    logs.send("B", source="app")
    logs.send("C", reason="invalid_id")
    async with aclosing(tail.follow(Filter())) as all_rows, aclosing(tail.follow(wanted)) as following:
        await take(all_rows, 3)
        assert [row.name for row in await take(following, len(names))] == names


async def test_a_flood_is_shown_in_part_and_counted_whole(logs: Logs) -> None:
    async with aclosing(Tail(logs.root).follow(Filter())) as following:
        logs.send()
        await take(following, 1)
        flood = b"".join(
            seal(Stamp(source="web", received_at=i, type="track", message_id=f"m{i}", timestamp=i), b'{"event":"E"}') for i in range(2 * KEEP)
        )
        logs.writers["log"].append(flood, 2 * KEEP)
        shown = skipped = 0
        async with asyncio.timeout(20):
            while shown + skipped < 2 * KEEP:
                batch = await anext(following)
                if batch:
                    shown, skipped = shown + len(batch.rows), skipped + batch.skipped
                    assert len(batch.rows) <= AT_ONCE
    assert shown + skipped == 2 * KEEP
    assert skipped > 0


async def test_everybody_gets_the_same_and_nobody_costs_nothing(logs: Logs) -> None:
    tail = Tail(logs.root)
    async with aclosing(tail.follow(Filter())) as one, aclosing(tail.follow(Filter())) as two:
        await anext(one)
        await anext(two)
        task = tail._task
        logs.send("A")
        assert await take(one, 1) == await take(two, 1)
    assert tail._task is None
    await asyncio.sleep(0)
    assert task is not None
    assert task.cancelled() or task.cancelling()


async def test_a_log_that_cannot_be_read_is_said(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LogError("chunk 1 cannot be read")

    monkeypatch.setattr(module.LogReader, "read", broken)
    async with aclosing(Tail(logs.root).follow(Filter())) as following:
        with pytest.raises(LogError, match="chunk 1"):
            await take(following, 1)


async def test_the_raw_call_is_what_was_received(logs: Logs) -> None:
    logs.send("First")
    raw = b'{"event": "Big", "n": 12345678901234567890123, "x": 1e400, "html": "<script>"}'
    logs.send(raw=raw)
    found = raw_call(logs.root, "log", Cursor(1, 1))
    assert found is not None
    assert '"n": 12345678901234567890123' in found.message, "no digit is lost"
    assert "1e400" in found.message
    assert '"received_at": "1970-01-01T00:00:00.000002Z"' in found.stamp


async def test_a_deleted_call_is_gone(logs: Logs) -> None:
    logs.send()
    logs.writers.pop("log").close()
    assert erase(logs.root / "log", lambda record: True) == 1
    assert raw_call(logs.root, "log", Cursor(1, 0)) is None
    assert raw_call(logs.root, "log", Cursor(1, 99)) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), inner, max_size=3),
    max_leaves=8,
)
calls = json_values | st.fixed_dictionaries({}, optional={"event": json_values, "userId": json_values, "anonymousId": json_values})


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=calls)
def test_whatever_was_refused_can_be_shown(logs: Logs, message: Any) -> None:
    logs.send(reason="invalid_id", raw=json.dumps(message).encode())
    follower = module._Follower("refused", logs.root / "refused")
    rows = [row for _, row in follower.read()]
    follower.close()
    assert rows[-1].reason == "invalid_id"
    found = raw_call(logs.root, "refused", Cursor(rows[-1].chunk, rows[-1].ordinal))
    assert found is not None
    assert json.loads(found.message) == message
