"""What is told of an event's session, and traits of its person: counted by hand, and alike by kernels and by SQL wherever a field may stand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import oracle
from tests.analyses import built
from tests.analyses.behaviour import History
from tests.analyses.engine.test_engine import arrivals, asked_at_each_build, relaxed, some_by_kernels
from tests.oracle import Message

from clew.analyses import funnel, paths, retention, trends
from clew.analyses.dimensions import BY_KEY
from clew.config import Settings
from clew.predicates import COLUMNS, OF_SESSION

__all__ = ["some_by_kernels"]  # a fixture that this module uses, too
_NOTHING = (None, None, None)
CAMPAIGNS = st.sampled_from((_NOTHING, _NOTHING, ("google", "cpc", None), ("mail", "email", "spring")))
PATHS = st.sampled_from((None, "/", "/shop"))
PLANS = st.sampled_from(({"plan": "free"}, {"plan": "pro"}, {"plan": None}, {"seats": 3}, {"plan": {"name": "pro"}}))
FIELDS = st.sampled_from((*(f"@{key}" for key in OF_SESSION), *["@person.plan"] * 5, "@person.plan.name", "@person.seats"))


def test_they_are_what_session_metrics_are_broken_down_by() -> None:
    assert {*OF_SESSION} == BY_KEY.keys() - {*COLUMNS}


@st.composite
def visits(draw: st.DrawFn) -> tuple[History, list[list[Message]]]:
    """Histories with campaigns, pages and identify calls."""
    history, loads = draw(arrivals())
    loads = [[replace(m, campaign=draw(CAMPAIGNS), page_path=draw(PATHS)) for m in load] for load in loads]
    loads = [[replace(m, type="identify", event=None) if draw(st.integers(0, 4)) == 0 else m for m in load] for load in loads]
    messages = [m for load in loads for m in load]
    return History(messages, history.properties | {m.key: draw(PLANS) for m in messages if m.type == "identify"}), loads


def told(history: History, rules: Settings) -> dict[tuple[str, str], dict[str, str | None]]:
    """By an event's key: what is told of its session, and its person's plan."""
    found: dict[tuple[str, str], dict[str, str | None]] = {}
    identity, plans = oracle.Identity(history.messages, rules), {}
    for m in sorted(history.messages, key=lambda m: m.order):
        if m.type == "identify" and "plan" in history.of(m):
            plans[identity.person(m)] = history.of(m)["plan"]
    for person, rows in oracle.people(history.messages, rules).items():
        for number, session in enumerate(oracle.sessions(rows, rules) if person else ()):
            about = {
                "visit": "returning" if number else "new",
                "utm_source": _first(m.campaign[0] for m in session.events if any(m.campaign)),
                "landing": _first(m.page_path for m in session.events),
            }
            found |= {m.key: about for m in (*session.events, *session.uncounted)}
        plan = plans.get(person) if person else None
        for m in rows:
            found[m.key] = found.get(m.key, {}) | {"person.plan": json.dumps(plan, separators=(",", ":")) if isinstance(plan, dict) else plan}
    return found


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


@relaxed
@given(visits(), built.zones, st.sampled_from(("visit", "utm_source", "landing", "person.plan")))
def test_counted_by_hand(tmp_path_factory: pytest.TempPathFactory, arrived: Any, zone: str, key: str) -> None:
    history, loads = arrived
    rules = built.rules(zone)
    events = tuple(f'"{name}"' for name in (*built.NAMES, "X", "Page Viewed"))
    days = [oracle.local_date(m.time, zone) for m in history.messages] or [oracle.local_date(10**15, zone)]
    asked = [("trends", trends.Params(event=events, by=f"@{key}", first=min(days), last=max(days), interval="quarter"))]
    (rows,) = asked_at_each_build(tmp_path_factory.mktemp("p"), history, loads, rules, asked)
    found: Counter[str | None] = Counter()
    for row in rows:
        found[row["by_value"]] += row["value"]
    about = told(history, rules)
    expected = Counter(about.get(m.key, {}).get(key) for m in history.messages if m.type in ("track", "page"))
    assert +found == expected


@relaxed
@given(visits(), built.zones, FIELDS, FIELDS)
def test_wherever_a_field_may_stand(tmp_path_factory: pytest.TempPathFactory, arrived: Any, zone: str, one: str, other: str) -> None:
    history, loads = arrived
    days = sorted(oracle.local_date(m.time, zone) for m in history.messages) or [oracle.local_date(10**15, zone)]
    span = {"first": days[0], "last": days[-1]}
    asked = [
        ("funnel", funnel.Params(step=(f"A{{{one}}}", "B"), by=other, **span)),
        ("funnel", funnel.Params(step=("A", f"*{{{one}, p}}"), hold=other, within="30d", **span)),
        ("trends", trends.Params(event=(f"*{{{one}, price>1}}",), by=other, **span)),
        ("retention", retention.Params(cohort=(f"*{{{one}}}",), returning=(f"*{{!{other}}}",), interval="day", **span)),
        ("paths", paths.Params(label=one, goal=(f"*{{{other}}}",), **span)),
    ]
    asked_at_each_build(tmp_path_factory.mktemp("p"), history, loads, built.rules(zone), asked)
