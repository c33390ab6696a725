"""The funnel's SQL against plain Python, on random histories built by the real models."""

from __future__ import annotations

import datetime as dt
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.analyses import behaviour, built
from tests.analyses.behaviour import History
from tests.oracle import Message, local_date

from clew import clock
from clew.analyses import funnel
from clew.analyses.funnel import Params
from clew.config import Settings
from clew.errors import QueryError

EXAMPLES = int(os.environ.get("CLEW_EXAMPLES", "25"))
steps = st.lists(st.sampled_from(("A", "B", "C", "A | B", "A{p=x}", "*{p=y}", "it's", "Page Viewed")), min_size=1, max_size=4)
FIRST = dt.date(2026, 1, 1)


@st.composite
def questions(draw: st.DrawFn) -> Params:
    named = draw(steps)
    order = draw(st.sampled_from(("ordered", "ordered", "strict", "consecutive", "any")))
    pairs = [(a, b) for a in range(1, len(named)) for b in range(a + 1, len(named) + 1)]
    excluded = draw(st.lists(st.tuples(st.sampled_from(("C", "A", "X", "*{p=x}")), st.sampled_from(pairs)), max_size=3)) if pairs else []
    by_day, by = draw(st.booleans()), draw(st.sampled_from((None, None, "p", "@platform")))
    return Params(
        step=tuple(named),
        order=order,
        within=draw(st.sampled_from(("7d", "1h", "0s", "1d", "30d"))),
        exclude=tuple(f"{name}@{a}-{b}" for name, (a, b) in excluded) if order != "any" else (),
        hold=draw(st.sampled_from((None, None, "p"))),
        unit=draw(st.sampled_from(("person", "person", "session", "account"))),
        scope=draw(st.sampled_from(("history", "history", "session"))),
        by_day=by_day,
        by=by,
        complete_only=draw(st.booleans()),
        first=FIRST,
        last=draw(st.sampled_from((dt.date(2026, 12, 31), dt.date(2026, 3, 9), dt.date(2026, 7, 2)))),
    )


class Attempt:
    """What is reported of one unit (and day of start)."""

    def __init__(self, level: int, rows: list[Message]) -> None:
        self.level = level
        self.rows = rows


def attempts(history: History, rules: Settings, params: Params) -> dict[Any, Attempt]:
    zone, as_of = rules.project.timezone, built.as_of(history)
    within = clock.parse_duration(params.within)
    says = [history.says(text) for text in params.step]
    excluded = [
        (history.says(text.split("@")[0] if text[0] != "*" else "*{p=x}"), *map(int, text.rsplit("@", 1)[1].split("-"))) for text in params.exclude
    ]
    value = (lambda m: None if history.of(m).get("p") is None else str(history.of(m)["p"])) if params.hold else None

    def starts(m: Message, day: dt.date | None) -> bool:
        on = local_date(m.time, zone)
        return params.first <= on <= params.last and day in (None, on) and not (params.complete_only and m.time + within > as_of)

    found: dict[Any, Attempt] = {}
    for unit, rows in built.units(history, rules, params.unit).items():
        if params.order == "consecutive":
            rows = [m for m in rows if oracle.is_activity(m, rules) or any(s(m) for s in [*says, *(x[0] for x in excluded)])]
        days = {local_date(m.time, zone) for m in rows} if params.by_day else {None}
        for day in days:
            best = None
            for lane in lanes(history, rules, params, rows):
                level, chain = behaviour.funnel(
                    lane, says, within=within, mode=params.order, exclusions=excluded, value=value, starts=lambda m, day=day: starts(m, day)
                )
                if level:
                    attempt = Attempt(level, [lane[i] for i in chain])
                    rank = (-level, attempt.rows[-1].order)
                    best = min(best, (rank, attempt), key=lambda b: b[0]) if best else (rank, attempt)
            if best:
                found[unit, day] = best[1]
    return found


def lanes(history: History, rules: Settings, params: Params, rows: list[Message]) -> list[list[Message]]:
    if params.scope == "history":
        return [rows]
    where = {m.key: session for session, messages in built.units(history, rules, "session").items() for m in messages}
    lanes = defaultdict(list)
    for m in rows:
        if m.key in where:
            lanes[where[m.key]].append(m)
    return list(lanes.values())


def expected(history: History, rules: Settings, params: Params) -> list[tuple[Any, ...]]:
    as_of = built.as_of(history)
    within = clock.parse_duration(params.within)
    groups: dict[Any, list[Attempt]] = defaultdict(list)
    if not (params.by_day or params.by):
        groups[()] = []
    for (_, day), attempt in attempts(history, rules, params).items():
        first = attempt.rows[0]
        by = {None: (), "p": (text(history.of(first).get("p")),), "@platform": (first.platform,)}[params.by]
        groups[(*((day,) if params.by_day else ()), *by)].append(attempt)
    rows = []
    for group, found in groups.items():
        for k, name in enumerate(params.step, 1):
            reached = [a for a in found if a.level >= k]
            timed = [(a.rows[k - 1].time - a.rows[k - 2].time) / 1e6 for a in reached] if k > 1 and params.order != "any" else []
            total, before = (
                len(found if params.order != "any" else [a for a in found if a.level >= 1]),
                len([a for a in found if a.level >= max(k - 1, 1)]),
            )
            rows.append(
                (
                    *(*group, k, name, len(reached), len(reached) / total if total else None, len(reached) / before if before else None),
                    *(behaviour.quantile(timed, p) for p in (0.5, 0.9)),
                    sum(a.rows[0].time + within > as_of for a in reached),
                )
            )
    return rows


def text(value: Any) -> str | None:
    return None if value is None else str(value)


relaxed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@relaxed
@given(built.histories(), built.zones, st.lists(questions(), min_size=6, max_size=6))
def test_the_sql_counts_as_python_does(tmp_path: Path, history: History, zone: str, asked: list[Params]) -> None:
    rules = built.rules(zone)
    stage = built.build(history, rules, tmp_path)
    for params in asked:
        rows = stage.connection.execute(funnel.sql(params, rules)).fetchall()
        assert sorted(rows, key=str) == sorted(expected(history, rules, params), key=str), params
        check_lists(stage, history, rules, params)
        check_rows_lists(stage, rules, params, rows)
    stage.connection.close()


def check_lists(stage: Any, history: History, rules: Settings, params: Params) -> None:
    """Lists hold as many as the number says; of people, exactly those."""
    params = msgspec.structs.replace(params, by=None, by_day=False)
    found = attempts(history, rules, params)
    for k in range(1, len(params.step) + 1):
        reached = stage.connection.execute(funnel.sql(msgspec.structs.replace(params, reached=k), rules)).fetchall()
        wanted = [unit for (unit, _), a in found.items() if a.level >= k]
        assert len(reached) == len(wanted)
        if params.unit == "person":
            assert sorted(row[1] for row in reached) == sorted(wanted)
        if k > 1:
            dropped = stage.connection.execute(funnel.sql(msgspec.structs.replace(params, dropped=k), rules)).fetchall()
            assert len(dropped) == sum(a.level == k - 1 for a in found.values())


def check_rows_lists(stage: Any, rules: Settings, params: Params, rows: list[tuple[Any, ...]]) -> None:
    """The list of a row's day and value holds as many as its number."""
    groups = params.by_day + (params.by is not None)
    for row in rows[:2]:
        cell = tuple(str(value) for value in row[:groups] if value is not None)
        asked = msgspec.structs.replace(params, reached=row[groups], cell=cell)
        assert len(stage.connection.execute(funnel.sql(asked, rules)).fetchall()) == row[groups + 2], asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"step": []}, "expected at least one"),
        ({"step": ["A", "B"], "order": "any", "exclude": ["C@1-2"]}, "expected none with order any"),
        ({"step": ["A"], "reached": 2}, "expected a step from 1 to 1"),
        ({"step": ["A"], "reached": 1, "by_day": True}, "expected the day of start"),
        ({"step": ["A"], "from": "2026-02-01", "to": "2026-01-01"}, "expected a day not after to"),
        ({"step": ["A"], "order": "sorted"}, "Invalid enum value"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(asked, Params)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"step": ["A{"]}, "at character 3"),
        ({"step": ["A"], "within": "soon"}, "expected a duration"),
        ({"step": ["A", "B"], "exclude": ["C"]}, "such as 'Name@2-3'"),
        ({"step": ["A", "B"], "exclude": ["C@2-3"]}, "steps from 1 to 2"),
        ({"step": ["A"] * 9, "order": "any"}, "at most 8 steps"),
    ],
)
def test_what_says_nothing(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        funnel.sql(msgspec.convert(asked, Params), Settings())
