"""Retention: kernel = plain Python; completeness and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import DAY, Event, is_kind
from tests.timelines.random_timelines import CHANGES, ZONES, as_part, base_and_overlay, long, relaxed

from clew.timelines.calendar import zone
from clew.timelines.columns import Part, match_kinds
from clew.timelines.retention import Cohorts, Retention, retention

Timeline = tuple[list[list[list[Event]]], list[Part]]
MATCH = match_kinds([[0, 1], [1, 2]], 5)
BRACKETS = ((), ((0, 0), (1, 3), (4, 7)), ((2, 30),))


def rows(found: Cohorts) -> dict[int, tuple[int, list[int]]]:
    return {int(p): (int(n), cells.tolist()) for p, n, cells in zip(found.period, found.size, found.cells, strict=True)}


@relaxed(800)
@given(
    base_and_overlay(long()),
    st.sampled_from(("day", "week", "month")),
    st.sampled_from(("calendar", "elapsed")),
    st.booleans(),
    st.booleans(),
    st.sampled_from((*BRACKETS, "unbounded")),
    st.sampled_from((6, 64, 130)),
    st.sampled_from(ZONES),
)
def test_kernel_is_plain_python(
    timeline: Timeline, unit: str, kind: str, any_cohort: bool, any_return: bool, count: object, columns: int, where: str
) -> None:
    """With more columns than a mask has bits, too."""
    people, parts = timeline
    asked = Retention(
        unit=unit,  # type: ignore[arg-type]
        kind=kind,  # type: ignore[arg-type]
        any_cohort=any_cohort,
        any_return=any_return,
        columns=columns,
        unbounded=count == "unbounded",
        brackets=() if count == "unbounded" else count,  # type: ignore[arg-type]
    )
    cohort, back = None if any_cohort else is_kind(0, 1), None if any_return else is_kind(1, 2)
    expected: dict[int, tuple[int, list[int]]] = {}
    for events in (e for units in people for e in units):
        found = oracle.retained(events, unit, where, kind, cohort, back)
        if found:
            size, cells = expected.get(found.cohort, (0, [0] * len(asked.ranges())))
            indexes = set(range(max(found.indexes, default=-1) + 1)) if asked.unbounded else found.indexes
            hits = [any(low <= i <= high for i in indexes) for low, high in asked.ranges()]
            expected[found.cohort] = size + 1, [n + hit for n, hit in zip(cells, hits, strict=True)]
    assert rows(retention(parts, asked, zone(where), 0, MATCH)) == expected


@relaxed(300)
@given(
    base_and_overlay(long()),
    st.sampled_from(("day", "week", "month")),
    st.sampled_from(("calendar", "elapsed")),
    st.sampled_from(BRACKETS[:2]),
    st.sampled_from(ZONES),
    st.data(),
)
def test_a_cell_is_complete_when_nobody_could_return_in_it_any_more(
    timeline: Timeline, unit: str, kind: str, brackets: tuple[tuple[int, int], ...], where: str, data: st.DataObject
) -> None:
    """Judged by asking in which index each later instant would lie, for each member."""
    people, parts = timeline
    begins = {m.begun: m.cohort for units in people for events in units if (m := oracle.retained(events, unit, where, kind, None, None))}
    if not begins:
        return
    edge = data.draw(st.sampled_from(sorted(begins))) + data.draw(st.sampled_from((0, DAY, 7 * DAY, 30 * DAY))) * data.draw(st.integers(0, 5))
    as_of = edge + data.draw(st.sampled_from((-1, 0, DAY // 2)))
    asked = Retention(unit=unit, kind=kind, brackets=brackets, columns=4)  # type: ignore[arg-type]
    found = retention(parts, asked, zone(where), as_of)
    for cohort, complete in zip(found.period.tolist(), found.complete.tolist(), strict=True):
        for (_, high), flag in zip(asked.ranges(), complete, strict=True):
            latest = max(t for t, c in begins.items() if c == cohort)
            span = {"day": 1, "week": 7, "month": 30}[unit] * DAY
            # If the instants after `as_of` are past the cell, so are all later ones: a day that comes twice does so within an hour.
            past = [oracle.period(as_of + later, unit, where) > cohort + high for later in (1, DAY // 12)]
            assert flag == (all(past) if kind == "calendar" else as_of >= latest + (high + 1) * span - 1)


def test_averages_are_of_complete_cells() -> None:
    start = CHANGES[-1]
    part = as_part([[Event(start, 0), Event(start + DAY, 0)], [Event(start, 0)], [Event(start + DAY, 0)]])
    found = retention([part], Retention(unit="day", columns=2), zone("UTC"), (start // DAY + 2) * DAY - 1)
    assert found.complete.tolist() == [[True, True], [True, False]]
    assert [a.tolist() for a in found.averages()] == [[3, 1], [3, 2]]


def test_only_cohorts_asked_for() -> None:
    part = as_part([[Event(0, 0), Event(DAY, 0)], [Event(DAY, 0)]])
    assert rows(retention([part], Retention(unit="day", columns=2, first=1, last=2), zone("UTC"), 0)) == {1: (1, [1, 0])}


@pytest.mark.parametrize(
    "asked",
    [{"brackets": ((0, 2), (2, 3))}, {"brackets": ((3, 1),)}, {"columns": 0}, {"brackets": ((0, 0),), "unbounded": True}, {"brackets": ((-1, 0),)}],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Retention(**asked)  # type: ignore[arg-type]
