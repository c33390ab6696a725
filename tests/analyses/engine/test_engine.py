"""Kernels say what the SQL and plain Python say, through the whole path of a report, while builds change people between the questions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.analyses import built
from tests.analyses import test_behaviour as plain
from tests.analyses import test_funnel as plain_funnel
from tests.analyses.behaviour import History
from tests.models.stage import Stage
from tests.oracle import Message

from clew.analyses import lifecycle, stickiness
from clew.analyses.engine import Engine
from clew.analyses.registry import question
from clew.config import Settings
from clew.errors import QueryError
from clew.models import build_if_needed
from clew.timelines.store import keep_up
from clew.timelines.upkeep import builds, keep

EXAMPLES = int(os.environ.get("CLEW_EXAMPLES", "6"))
relaxed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


class Answered:
    """How often kernels answered, so that a test cannot pass by asking the SQL alone."""

    kernel = 0
    both = 0


@pytest.fixture(autouse=True)
def some_by_kernels() -> Iterator[None]:
    Answered.kernel = Answered.both = 0
    yield
    # Far fewer than mostly: which questions are drawn is chance.
    assert Answered.kernel >= Answered.both / 20


@st.composite
def arrivals(draw: st.DrawFn, steps: tuple[int, ...] = built.STEPS) -> tuple[History, list[list[Message]]]:
    """A history, and the same in the loads in which it arrives."""
    history = draw(built.histories(steps=steps))
    cuts = sorted(draw(st.lists(st.integers(0, len(history.messages)), max_size=2)))
    parts = [history.messages[a:b] for a, b in zip([0, *cuts], [*cuts, len(history.messages)], strict=True)]
    loads = [[replace(m, load_id=number) for m in part] for number, part in enumerate(parts, 1)]
    return History([m for load in loads for m in load], history.properties), loads


def check(engine: Engine, name: str, params: Any, rules: Settings, root: Path) -> list[dict[str, Any]]:
    """Both answers, which must be the same; that of the SQL."""
    asked = question(name, msgspec.to_builtins(params), rules, root)
    sql = engine.tell(asked, seconds=30, by="sql")
    Answered.both += 1
    try:
        kernel = engine.tell(asked, seconds=30, by="kernel")
    except QueryError as error:
        assert "that the timeline can answer" in str(error)  # noqa: PT017  most questions are, which the fixture looks at
        return sql.rows
    Answered.kernel += 1
    assert kernel.rows == sql.rows, params
    assert kernel.data_as_of == sql.data_as_of
    assert [list(row) for row in kernel.rows] == [list(row) for row in sql.rows]
    return kernel.rows


def asked_at_each_build(root: Path, history: History, loads: Sequence[Sequence[Message]], rules: Settings, asked: Sequence[tuple[str, Any]]) -> Any:
    """The rows of each question after the last build; before it, they are only compared."""
    stage = built.stage_of(history, [])
    compact_at = 1e9 if len(history.messages) % 2 else 0.05
    engine = Engine(stage, lambda: rules, root)
    rows: list[list[dict[str, Any]]] = []
    for load in loads:
        built.take_in(stage, history, load)
        result, _ = build_if_needed(stage, rules, root)
        # Small timelines are compacted at every build, unless that is put off.
        with patch.object(builds, "keep_up", partial(keep_up, compact_at=compact_at)):
            kept = keep(stage.cursor(), rules, root, result)
        assert kept.what in ("base", "overlay", "current"), kept
        rows = [check(engine, name, params, rules, root) for name, params in asked]
    stage.connection.close()
    return rows


def values(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """As the oracles have rows: JSON's dates as text."""
    return [tuple(row.values()) for row in rows]


def texts(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    return sorted(str(tuple(v.isoformat() if hasattr(v, "isoformat") else v for v in row)) for row in rows)


@relaxed
@given(arrivals(), built.zones, st.lists(plain_funnel.questions(), min_size=6, max_size=6))
def test_funnels(tmp_path_factory: pytest.TempPathFactory, arrived: Any, zone: str, asked: list[Any]) -> None:
    history, loads = arrived
    rules = built.rules(zone)
    found = asked_at_each_build(tmp_path_factory.mktemp("p"), history, loads, rules, [("funnel", params) for params in asked])
    for params, rows in zip(asked, found, strict=True):
        assert texts(values(rows)) == texts(plain_funnel.expected(history, rules, params)), params


@relaxed
@given(arrivals(plain.LONG), built.zones, st.lists(plain.retention_questions(), min_size=5, max_size=5))
def test_retention(tmp_path_factory: pytest.TempPathFactory, arrived: Any, zone: str, asked: list[Any]) -> None:
    history, loads = arrived
    rules = built.rules(zone)
    found = asked_at_each_build(tmp_path_factory.mktemp("p"), history, loads, rules, [("retention", params) for params in asked])
    for params, rows in zip(asked, found, strict=True):
        assert texts(values(rows)) == texts(plain.retained(history, rules, params)), params


@relaxed
@given(arrivals(plain.LONG), built.zones, plain.weeks, st.lists(plain.trend_questions(), min_size=5, max_size=5))
def test_trends(tmp_path_factory: pytest.TempPathFactory, arrived: Any, zone: str, week_starts: str, asked: list[Any]) -> None:
    history, loads = arrived
    asked_at_each_build(tmp_path_factory.mktemp("p"), history, loads, built.rules(zone, week_starts), [("trends", params) for params in asked])


@relaxed
@given(arrivals(plain.LATE), built.zones, st.lists(plain.path_questions(), min_size=4, max_size=4))
def test_paths(tmp_path_factory: pytest.TempPathFactory, arrived: Any, zone: str, asked: list[Any]) -> None:
    history, loads = arrived
    rules = built.rules(zone)
    every = [("paths", msgspec.structs.replace(params, show=show)) for params in asked for show in ("sequences", "links", "steps")]
    found = asked_at_each_build(tmp_path_factory.mktemp("p"), history, loads, rules, every)
    for (_, params), rows in zip(every[::3], found[::3], strict=True):
        assert {tuple(row["path"]): row["paths"] for row in rows} == Counter(path for path, _ in plain.walked(history, rules, params)), params


@relaxed
@given(arrivals(plain.LONG), built.zones, plain.weeks, plain.unit_names, plain.ranges, st.sampled_from(("day", "week", "month")))
def test_lifecycle_and_stickiness(
    tmp_path_factory: pytest.TempPathFactory, arrived: Any, zone: str, week_starts: str, unit: Any, days: Any, interval: Any
) -> None:
    history, loads = arrived
    rules = built.rules(zone, week_starts)
    span = {"first": days[0], "last": days[1], "unit": unit}
    asked = [("lifecycle", lifecycle.Params(interval=interval, **span))]
    asked += [("stickiness", stickiness.Params(show=show, **span)) for show in ("days", "histogram")]
    found = asked_at_each_build(tmp_path_factory.mktemp("p"), history, loads, rules, asked)
    active = [{plain.local_date(m.time, zone) for m in rows if oracle.is_activity(m, rules)} for rows in built.units(history, rules, unit).values()]
    first, last = plain.span(history, asked[0][1], zone)
    assert {row["active_days"]: row["units"] for row in found[2]} == Counter(n for on in active if (n := sum(first <= d <= last for d in on)))


# ----------------------------------------------------------------------------------------------------------------- who answers
@pytest.fixture
def stage() -> Iterator[Stage]:
    history = History([Message(source="app", message_id="m", type="track", event="A", user_id="u", timestamp=10**15, received_at=10**15)])
    found = built.stage_of(history, [history.messages])
    yield found
    found.connection.close()
    Answered.kernel = Answered.both = 1
