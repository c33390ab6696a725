"""Random histories with properties, built by the real models, for tests of reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from tests import oracle
from tests.analyses.behaviour import History
from tests.models.histories import DAYS, ZONES
from tests.models.stage import Stage
from tests.oracle import Message

from clew import clock
from clew.clock import DAY, HOUR, MINUTE, SECOND
from clew.config import Activity, Project, Settings

NAMES = ("A", "B", "C", "it's")
STEPS = (0, 1, SECOND, 10 * MINUTE, 31 * MINUTE, 2 * HOUR, 20 * HOUR, DAY, 3 * DAY)


@st.composite
def histories(draw: st.DrawFn, most: int = 18, steps: tuple[int, ...] = STEPS) -> History:
    """A few people's events; the event X is no activity."""
    time, messages, properties = draw(st.sampled_from(DAYS)), [], {}
    for number in range(draw(st.integers(0, most))):
        time += draw(st.sampled_from(steps))
        kind = draw(st.sampled_from(("track",) * 8 + ("page", "group")))
        message = Message(
            source=draw(st.sampled_from(("web", "app"))),
            message_id=f"{'mz'[number % 2]}{number}",
            type=kind,
            event={"track": draw(st.sampled_from((*NAMES, "A", "B", "X"))), "page": "Page Viewed"}.get(kind),
            anonymous_id=draw(st.sampled_from(("a1", "a1", "a2", None))),
            user_id=draw(st.sampled_from((None, None, None, "u1"))),
            timestamp=time,
            received_at=time + draw(st.sampled_from((0, 0, SECOND))),
            batch_index=draw(st.sampled_from((0, 1))),
            platform=draw(st.sampled_from(("web", "ios", None))),
        )
        messages.append(message)
        properties[message.key] = draw(
            st.fixed_dictionaries({}, optional={"p": st.sampled_from(("x", "y", 1)), "price": st.sampled_from((1, 2.5, "3", None))})
        )
        properties[message.key] |= {"group": draw(st.sampled_from(("g1", "g2")))} if kind == "group" else {}
    return History(draw(st.permutations(messages)), properties)


zones = st.sampled_from(ZONES)


def rules(zone: str, week_starts: Any = "monday") -> Settings:
    return Settings(project=Project(timezone=zone, week_starts=week_starts), activity=Activity(exclude=("X",)))


def build(history: History, settings: Settings, root: Path) -> Stage:
    """A database with the models of the history, and `clew.events` with its properties."""
    stage = stage_of(history, [history.messages])
    stage.build(settings, root)
    return stage


def stage_of(history: History, loads: Sequence[Sequence[Message]]) -> Stage:
    """The history, to be built, and `clew.events` with its properties: a message's event number is its place."""
    stage = Stage()
    stage.connection.execute(
        "CREATE TABLE clew.events (source VARCHAR, message_id VARCHAR, type VARCHAR, event VARCHAR, platform VARCHAR, payload JSON, load_id BIGINT, "
        "chunk BIGINT, ordinal BIGINT)"
    )
    for load in loads:
        take_in(stage, history, load)
    return stage


def take_in(stage: Stage, history: History, load: Sequence[Message]) -> None:
    """A load of the history's messages."""
    (there,) = stage.connection.execute("SELECT count(*) FROM clew.events").fetchone() or (0,)
    stage.load(load)
    rows = [
        (*m.key, m.type, m.event if m.type == "track" else None, m.platform, json.dumps(history.of(m)), m.load_id, there + n)
        for n, m in enumerate(load)
    ]
    if rows:
        stage.connection.executemany("INSERT INTO clew.events VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)", rows)
        stage.connection.execute(
            "UPDATE clew.test_events SET group_id = e.payload->>'$.group' FROM clew.events AS e WHERE e.source = test_events.source "
            "AND e.message_id = test_events.message_id AND e.type = 'group'"
        )


def as_of(history: History) -> int:
    """`data_as_of`; before anything is built reports take 2000-01-01."""
    return max((m.received_at for m in history.messages), default=clock.parse_time("2000-01-01") or 0)


def units(history: History, settings: Settings, unit: str) -> dict[Any, list[Message]]:
    """The events of each unit, in order. A person goes by the universal id, a session by (person, number)."""
    people = {p.id: sorted(rows, key=lambda m: m.order) for p, rows in oracle.people(history.messages, settings).items() if p}
    if unit == "person":
        return people
    found: dict[Any, list[Message]] = {}
    if unit == "session":
        for person, rows in people.items():
            for number, session in enumerate(oracle.sessions(rows, settings)):
                found[person, number] = sorted([*session.events, *session.uncounted], key=lambda m: m.order)
        return found
    return _accounts(history, settings, people)


def _accounts(history: History, settings: Settings, people: dict[Any, list[Message]]) -> dict[Any, list[Message]]:
    """Each event under the group its person was last put into before it."""
    calls = sorted((m for m in history.messages if m.type == "group"), key=lambda m: m.order)
    who = {
        m.key: p.id for p, rows in oracle.people([*history.messages, *(replace(m, type="track") for m in calls)], settings).items() if p for m in rows
    }
    found: dict[Any, list[Message]] = {}
    for person, rows in people.items():
        for m in rows:
            before = [c for c in calls if who.get(c.key) == person and c.order < m.order]
            if before:
                found.setdefault(history.of(before[-1])["group"], []).append(m)
    return {group: sorted(rows, key=lambda m: m.order) for group, rows in found.items()}
