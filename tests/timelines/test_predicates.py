"""Predicates as masks and codes: what the database says of each event stands at the event's place, in base and overlay."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines.random_timelines import relaxed
from tests.timelines.store.warehouse import SOURCE, Row, replace, warehouse

from clew.timelines import predicates
from clew.timelines.columns import MISSING
from clew.timelines.funnel import Funnel, count
from clew.timelines.predicates import Predicate, Relation, codes, match
from clew.timelines.store import Timeline, open_timeline, write_base, write_overlay

EVENTS = Relation(relation="raw")
PROPERTIES = (None, 0, 1, 2, 3)
PEOPLE, LENGTH = 12, 8
Setup = tuple[duckdb.DuckDBPyConnection, Timeline]


def kind_of(event: int) -> int:
    return event * 7 % 5


def property_of(event: int) -> int | None:
    return PROPERTIES[event // 3 % len(PROPERTIES)]


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    """A base and an overlay, and all events with a property; some of them are of nobody."""
    rows = [Row(p, t, p * 1000 + t * 3, kind_of(p * 1000 + t * 3), p + 1, True) for p in range(PEOPLE) for t in range(LENGTH)]
    root = tmp_path_factory.mktemp("timeline")
    with warehouse(rows) as db:
        db.execute("CREATE TABLE raw (event_number BIGINT, kind INTEGER, p INTEGER)")
        for e in [*(row.event for row in rows), *range(10**9, 10**9 + 50)]:
            db.execute("INSERT INTO raw VALUES (?, ?, ?)", [e, kind_of(e), property_of(e)])
        write_base(db, root, SOURCE, 1)
        some = [row for row in rows if row.person in (3, 5)]
        replace(db, [3, 5], some[1:])
        write_overlay(db, root, SOURCE, 2, [3, 5], since=1, compact_at=1)
        yield db, open_timeline(root)


@st.composite
def some_predicates(draw: st.DrawFn) -> list[Predicate]:
    kinds = st.none() | st.lists(st.integers(0, 9), max_size=3).map(tuple)
    where = st.sampled_from(("", "p > 1", "p IS NULL", "p = 2 OR kind = 1", "NULL"))
    return draw(st.lists(st.builds(lambda k, w: Predicate(kinds=k, where=w), kinds, where), min_size=1, max_size=12))


def holds(predicate: Predicate, event: int) -> bool:
    kind, p = kind_of(event), property_of(event)
    judged = {"": True, "p > 1": p is not None and p > 1, "p IS NULL": p is None, "p = 2 OR kind = 1": p == 2 or kind == 1, "NULL": False}
    return judged[predicate.where] and (predicate.kinds is None or kind in predicate.kinds)


@relaxed(200)
@given(some_predicates(), st.sampled_from((3, 1000)))
def test_each_bit_says_whether_the_predicate_holds(setup: Setup, asked: list[Predicate], block: int) -> None:
    db, timeline = setup
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predicates, "_ROWS", block)
        found = match(db, timeline, asked, EVENTS)
    assert len(timeline.parts) == 2
    for place, (part, columns) in enumerate(zip(timeline.parts, timeline.columns, strict=True)):
        by_kind, by_event = found.of(place)
        for i, event in enumerate(columns.event.tolist()):
            mask = int(by_kind[part.kind[i]]) | (int(by_event[i]) if len(by_event) else 0)
            assert mask == sum(1 << bit for bit, p in enumerate(asked) if holds(p, event)), (event, asked)


def test_names_alone_ask_no_database(setup: Setup) -> None:
    asked = [Predicate(kinds=(1,)), Predicate(), Predicate(kinds=(99,))]
    found = match(None, setup[1], asked)  # type: ignore[arg-type]
    assert found.by_kind.tolist() == [2, 3, 2, 2, 2]
    assert found.by_event == ()


def test_a_funnel_with_properties_is_one_of_the_kinds_that_stand_for_them(setup: Setup) -> None:
    """Counted by hand in Python: person by person, the first event that fits, and after it the next."""
    db, timeline = setup
    asked = [Predicate(kinds=(0, 1, 2), where="p > 1"), Predicate(kinds=None, where="p IS NULL"), Predicate(kinds=(3,))]
    reached = [0, 0, 0]
    for part, columns in zip(timeline.parts, timeline.columns, strict=True):
        for unit in range(len(part.person)):
            level = 0
            for event in columns.event[part.start[unit] : part.start[unit + 1]].tolist():
                if not (len(part.skip) and part.skip[unit]) and level < 3 and holds(asked[level], event):
                    reached[level] += 1
                    level += 1
    assert count(timeline.parts, match(db, timeline, asked, EVENTS), Funnel(steps=3, within=10**9)).tolist() == reached
    assert reached[2] > 0


def test_codes_are_the_values(setup: Setup) -> None:
    db, timeline = setup
    found = codes(db, timeline, "p * 10", EVENTS, where="kind <> 1")
    for columns, code in zip(timeline.columns, found.of, strict=True):
        assert code.dtype == np.int32
        for event, n in zip(columns.event.tolist(), code.tolist(), strict=True):
            value = property_of(event) if kind_of(event) != 1 else None
            assert n == MISSING if value is None else found.values[n] == str(value * 10)
    assert sorted(found.values) == ["0", "10", "20", "30"]


def test_what_cannot_be_asked_is_refused(setup: Setup) -> None:
    db, timeline = setup
    with pytest.raises(ValueError, match="at most 63 steps and exclusions, found 64"):
        match(db, timeline, [Predicate()] * 64)
    with pytest.raises(ValueError, match="kinds from 0, found -1"):
        match(db, timeline, [Predicate(kinds=(-1,))])
    with pytest.raises(duckdb.BinderException, match="nothing"):
        match(db, timeline, [Predicate(where="nothing = 1")], EVENTS)
    assert match(db, timeline, [Predicate()] * 62 + [Predicate(where="true")], EVENTS).of(0)[1].dtype == np.uint64
