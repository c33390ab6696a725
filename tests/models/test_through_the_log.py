"""From the log to the sessions: repeats, reused ids and late messages in random loads leave what the oracle makes of the first of each."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import rules
from tests.models.stage import Stage
from tests.models.test_against_oracle import check_all, relaxed
from tests.models.test_incremental import arrivals, dump
from tests.oracle import Message
from tests.warehouse.project import SMALL, Project

from clew.clock import HOUR
from clew.config import Settings
from clew.eventlog import seal
from clew.messages import Stamp
from clew.models import build, build_if_needed

CONTEXTS: dict[str | None, dict[str, Any]] = {
    "web": {"library": {"name": "analytics.js"}},
    "ios": {"device": {"type": "iOS"}},
    None: {"library": {"name": "analytics-python"}},
}
Repeat = tuple[int, str]
"""Which message comes again (counted from the first, around), and how: `again`, or `reused` with other content."""


class Logged(Stage):
    """A project's log and warehouse; what is loaded goes through both."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root, SMALL)
        self.connection = self.project.database.cursor()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.project.database.cursor()

    def close(self) -> None:
        self.connection.close()
        self.project.close()


def line(m: Message, repeat: str = "") -> bytes:
    """A message as the collector writes it. One that comes again is received later."""
    stamp = Stamp(
        source=m.source,
        received_at=m.received_at + (HOUR if repeat else 0),
        batch_index=m.batch_index,
        type=m.type,
        message_id=m.message_id,
        timestamp=m.timestamp,
    )
    source, medium, name = m.campaign
    context = CONTEXTS[m.platform]
    context = context | {"device": context.get("device", {}) | {"id": m.device_id}, "page": {"path": m.page_path}}
    message = {
        "type": m.type,
        "messageId": m.message_id,
        "event": m.event if m.type == "track" else None,
        "anonymousId": m.anonymous_id,
        "userId": m.user_id,
        "previousId": m.previous_id,
        "activity": None if m.activity else False,
        "context": context | {"campaign": {"source": source, "medium": medium, "name": name}},
        "sentAt": f"2026-01-01T00:00:0{len(repeat)}Z",
    }
    if repeat == "reused":
        message["properties"] = {"other": True}
    return seal(stamp, msgspec.json.encode(message))


def stored(m: Message, load_id: int) -> Message:
    """As the warehouse has it: a message of no client is a server's, and without a device the anonymous id is one."""
    return replace(m, load_id=load_id, platform=m.platform or "server", device_id=m.device_id or m.anonymous_id)


def check(loads: list[list[Message]], repeats: list[list[Repeat]], settings: Settings, root: Path) -> None:
    stage = Logged(root)
    seen, expected = list[Message](), list[Message]()
    for load, again in zip(loads, repeats, strict=False):
        seen += load
        chosen = [(seen[place % len(seen)], how) for place, how in again]
        result = stage.project.feed(*map(line, load), *(line(m, how) for m, how in chosen))
        assert (result.stored, result.set_aside) == (len(load), 0)
        assert (result.duplicates, result.id_reused) == tuple(sum(how == kind for _, how in chosen) for kind in ("again", "reused"))
        expected += [stored(m, result.load_id) for m in load]
        build_if_needed(stage, settings, root)
    check_all(stage, expected, settings)
    found = dump(stage)
    build(stage, settings, root)
    assert found == dump(stage)
    stage.close()


def some_repeats() -> st.SearchStrategy[list[list[Repeat]]]:
    one = st.tuples(st.integers(0, 30), st.sampled_from(("again", "again", "reused")))
    return st.lists(st.lists(one, max_size=4), min_size=6, max_size=6)


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "8")))
@given(arrivals(most=16).filter(bool), some_repeats(), rules())
def test_repeats_change_nothing(loads: list[list[Message]], repeats: list[list[Repeat]], settings: Settings) -> None:
    with TemporaryDirectory() as folder:
        check(loads, repeats, settings, Path(folder))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@relaxed(300)
@given(arrivals(most=40).filter(bool), some_repeats(), rules())
def test_many_more_repeats(loads: list[list[Message]], repeats: list[list[Repeat]], settings: Settings) -> None:
    with TemporaryDirectory() as folder:
        check(loads, repeats, settings, Path(folder))
