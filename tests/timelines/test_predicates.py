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
from clew.timelines.columns import MISSING, Match, match_kinds
from clew.timelines.funnel import Funnel, count
from clew.timelines.predicates import Expression, Relation, look, masks
from clew.timelines.store import Timeline, open_timeline, write_base, write_overlay

EVENTS = Relation(relation="raw")
PROPERTIES = (None, 0, 1, 2, 3)
PEOPLE, LENGTH = 12, 8
Setup = tuple[duckdb.DuckDBPyConnection, Timeline]
CONDITIONS = ("p > 1", "p IS NULL", "p = 2 OR kind = 1", "NULL", "p")
VALUES = ("p * 10", "CASE WHEN kind <> 1 THEN p END", "'all'", "NULL")


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


kinds = st.none() | st.lists(st.integers(0, 9), max_size=3).map(tuple)


def expressions(sql: tuple[str, ...], most: int) -> st.SearchStrategy[list[Expression]]:
    return st.lists(st.builds(Expression, st.sampled_from(sql), kinds), max_size=most)


def holds(condition: Expression, event: int) -> bool:
    kind, p = kind_of(event), property_of(event)
    judged = {"p > 1": p is not None and p > 1, "p IS NULL": p is None, "p = 2 OR kind = 1": p == 2 or kind == 1, "NULL": False, "p": bool(p)}
    return judged[condition.sql] and (condition.kinds is None or kind in condition.kinds)


def value(expression: Expression, event: int) -> str | None:
    kind, p = kind_of(event), property_of(event)
    told = {
        "p * 10": None if p is None else str(p * 10),
        "CASE WHEN kind <> 1 THEN p END": None if p is None or kind == 1 else str(p),
        "'all'": "all",
        "NULL": None,
    }
    return told[expression.sql] if expression.kinds is None or kind in expression.kinds else None


@relaxed(200)
@given(expressions(CONDITIONS, 12), expressions(VALUES, 3), st.sampled_from((3, 1000)))
def test_one_look_tells_what_holds_and_what_the_values_are(setup: Setup, conditions: list[Expression], values: list[Expression], block: int) -> None:
    db, timeline = setup
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predicates, "_ROWS", block)
        found = look(db, timeline, EVENTS, conditions, values)
    assert len(timeline.parts) == 2
    found_masks = masks(timeline, dict(enumerate(found.holds)))
    for place, columns in enumerate(timeline.columns):
        events = columns.event.tolist()
        for condition, positions in zip(conditions, found.holds, strict=True):
            assert sorted(positions[place].tolist()) == [i for i, event in enumerate(events) if holds(condition, event)], condition
        for expression, codes in zip(values, found.codes, strict=True):
            assert codes.of[place].dtype == np.int32
            told = [None if n == MISSING else codes.values[n] for n in codes.of[place].tolist()]
            assert told == [value(expression, event) for event in events], expression
        wanted = [sum(1 << bit for bit, c in enumerate(conditions) if holds(c, event)) for event in events]
        assert not conditions or found_masks[place].tolist() == wanted


def test_a_funnel_with_properties_is_one_of_the_kinds_that_stand_for_them(setup: Setup) -> None:
    """Counted by hand in Python: person by person, the first event that fits, and after it the next."""
    db, timeline = setup
    conditions = [Expression("p > 1", (0, 1, 2)), Expression("p IS NULL")]
    steps = [lambda event: holds(conditions[0], event), lambda event: holds(conditions[1], event), lambda event: kind_of(event) == 3]
    match = Match(match_kinds([[], [], [3]], timeline.kinds).by_kind, masks(timeline, dict(enumerate(look(db, timeline, EVENTS, conditions).holds))))
    reached = [0, 0, 0]
    for part, columns in zip(timeline.parts, timeline.columns, strict=True):
        for unit in range(len(part.person)):
            level = 0
            for event in columns.event[part.start[unit] : part.start[unit + 1]].tolist():
                if not (len(part.skip) and part.skip[unit]) and level < 3 and steps[level](event):
                    reached[level] += 1
                    level += 1
    assert count(timeline.parts, match, Funnel(steps=3, within=10**9)).tolist() == reached
    assert reached[2] > 0


def test_what_cannot_be_asked_is_refused(setup: Setup) -> None:
    db, timeline = setup
    nothing = [[np.zeros(0, np.int32) for _ in timeline.parts]] * 64
    with pytest.raises(ValueError, match="at most 63 steps and exclusions, found 64"):
        masks(timeline, dict(enumerate(nothing)))
    with pytest.raises(ValueError, match="kinds from 0, found -1"):
        look(db, timeline, EVENTS, [Expression("true", (-1,))])
    for asked in ([Expression("nothing = 1")], [Expression("true"), Expression("nothing = 1")]):
        with pytest.raises(duckdb.BinderException, match="nothing"):
            look(db, timeline, EVENTS, asked)
    with pytest.raises(duckdb.ConversionException, match="never a number"):
        look(db, timeline, EVENTS, [Expression("true"), Expression("CAST('never a number' || p AS INTEGER) = 1")])
    assert masks(timeline, {62: nothing[0]})[0].dtype == np.uint64
    assert masks(timeline, {}) == ()


def test_as_many_conditions_as_masks_have_bits(setup: Setup) -> None:
    db, timeline = setup
    found = look(db, timeline, EVENTS, [Expression(f"event_number % 63 = {n}") for n in range(63)])
    for positions, columns in zip(masks(timeline, dict(enumerate(found.holds))), timeline.columns, strict=True):
        assert positions.tolist() == [1 << event % 63 for event in columns.event.tolist()]
