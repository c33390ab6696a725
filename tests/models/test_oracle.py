"""The project's oracle is itself judged: by the specification's own, where that is present, and by cases whose answer is written down."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests import oracle
from tests.models.histories import histories, rules
from tests.oracle import Message

from clew.clock import MINUTE, SECOND
from clew.config import Settings


@pytest.fixture(scope="module")
def judge(data_dir: Path) -> ModuleType:
    """The specification's oracle; skips where it is not."""
    path = data_dir.parent / "oracle" / "oracle.py"
    if not path.is_file():
        pytest.skip(f"no oracle at {path}")
    spec = importlib.util.spec_from_file_location("specification_oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _plain(m: Message) -> dict[str, Any]:
    names = ("source", "message_id", "type", "event", "anonymous_id", "user_id", "previous_id", "timestamp", "received_at", "batch_index", "platform")
    return {name: getattr(m, name) for name in names} | {"campaign": m.campaign}


def _relaxed(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@_relaxed(150)
@given(histories(), rules())
def test_identity(judge: ModuleType, history: list[Message], rules: Settings) -> None:
    """Spaces are beyond the specification's oracle: each is judged by itself."""
    for space in {rules.identity.space.get(m.source, "") for m in history}:
        inside = [m for m in history if rules.identity.space.get(m.source, "") == space]
        ours = oracle.Identity(inside, rules)
        denied = {tuple(edge[:2]) for edge in rules.identity.denied if edge[2:] in ((), (space,))}
        theirs = judge.Identity([_plain(m) for m in inside], rules.identity.mode, denied=denied, max_aliases=rules.identity.max_aliases_per_person)
        assert {a.id for a in ours.first_seen} == set(theirs.first_seen)
        assert {a.id: ours.universal(a).id for a in ours.first_seen} == {a: theirs.universal(a) for a in theirs.first_seen}
        for m in inside:
            person = ours.person(m)
            assert (person and person.id) == theirs.person(_plain(m))


@_relaxed(150)
@given(histories(), rules())
def test_sessions(judge: ModuleType, history: list[Message], rules: Settings) -> None:
    """All activity as one person's."""
    rows = sorted((m for m in history if m.type in judge.ROWS and oracle.is_activity(m, rules)), key=lambda m: m.order)
    s = rules.sessions
    units: dict[Any, list[Message]] = {}
    for m in rows:
        units.setdefault({"person": None, "platform": m.platform, "device": m.device_id}[s.scope], []).append(m)
    theirs = [session for unit in units.values() for session in judge.sessions(map(_plain, unit), **_keywords(rules))]
    ours = oracle.sessions(rows, rules)
    assert sorted((x.events[0].key, x.start, x.last, x.end, len(x.events), oracle.is_bounced(x, rules)) for x in ours) == sorted(
        (x["key"], x["start"], x["last"], x["end"], len(x["events"]), _bounced(judge, x, rules)) for x in theirs
    )


def _keywords(rules: Settings) -> dict[str, Any]:
    s = rules.sessions
    return {
        "inactivity": round(s.inactivity_minutes * MINUTE),
        "platform_inactivity": {p: round(minutes * MINUTE) for p, minutes in s.platform_inactivity_minutes.items()},
        "end_events": s.end_events,
        "start_events": s.start_events,
        "start_grace": round(s.start_grace_seconds * SECOND),
        "new_on_campaign": s.new_on_campaign,
        "new_at_midnight": s.new_at_midnight,
        "max_length": round(s.max_minutes * MINUTE),
        "buffer": round(s.buffer_minutes * MINUTE),
        "ignore": s.ignore_events,
        "zone": rules.project.timezone,
    }


def _bounced(judge: ModuleType, session: dict[str, Any], rules: Settings) -> bool:
    b = rules.bounce
    return bool(judge.bounced(session, b.rule, round(b.settle_seconds * SECOND), b.engagement_events))
