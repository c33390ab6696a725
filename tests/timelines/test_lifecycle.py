"""Lifecycle and stickiness: kernel = plain Python."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import DAY, Event
from tests.timelines.random_timelines import ZONES, as_part, base_and_overlay, long, relaxed

from clew.timelines.calendar import zone
from clew.timelines.columns import Part
from clew.timelines.lifecycle import lifecycle, stickiness

Timeline = tuple[list[list[list[Event]]], list[Part]]


def actives(people: list[list[list[Event]]], unit: str, where: str) -> list[set[int]]:
    return [{oracle.period(e.time, unit, where) for e in events if e.is_activity} for units in people for events in units]


@relaxed(400)
@given(base_and_overlay(long()), st.sampled_from(("day", "week", "month")), st.sampled_from(ZONES))
def test_lifecycle_is_plain_python(timeline: Timeline, unit: str, where: str) -> None:
    people, parts = timeline
    active = actives(people, unit, where)
    found = lifecycle(parts, unit, zone(where), 0)  # type: ignore[arg-type]
    every = {p for periods in active for p in periods}
    assert found.period.tolist() == (list(range(min(every), max(every) + 2)) if every else [])
    for row, now in enumerate(found.period.tolist()):
        states = Counter(oracle.lifecycle(periods, now) for periods in active)
        names = ("new", "returning", "resurrected", "dormant")
        assert {name: int(getattr(found, name)[row]) for name in names} == {name: states[name] for name in names}
        assert found.active[row] == sum(now in periods for periods in active)


@relaxed(400)
@given(base_and_overlay(long()), st.sampled_from(ZONES), st.integers(-40, 5), st.integers(1, 60))
def test_stickiness_is_plain_python(timeline: Timeline, where: str, offset: int, length: int) -> None:
    people, parts = timeline
    active = actives(people, "day", where)
    first = max((max(days) for days in active if days), default=0) + offset
    found = stickiness(parts, zone(where), first, first + length)
    days = range(first, first + length)
    assert found.daily.tolist() == [sum(day in periods for periods in active) for day in days]
    trailing = [sum(any(day - 27 <= p <= day for p in periods) for periods in active) for day in days]
    assert found.trailing.tolist() == trailing
    known = sum(not part.skip[u] if len(part.skip) else True for part in parts for u in range(len(part.person)))
    counts = Counter(sum(first <= p < first + length for p in periods) for periods in active)
    assert found.histogram[1:].tolist() == [counts[n] for n in range(1, length + 1)]
    assert found.histogram.sum() == known
    shares = [d / t for d, t in zip(found.daily.tolist(), trailing, strict=True) if t]
    assert found.mean() == (pytest.approx(sum(shares) / len(shares)) if shares else None)


def test_a_period_is_complete_at_its_last_instant() -> None:
    part = as_part([[Event(0, 0)]])
    assert lifecycle([part], "day", zone("UTC"), DAY - 1).complete.tolist() == [True, False]
    assert lifecycle([part], "day", zone("UTC"), DAY - 2).complete.tolist() == [False, False]


def test_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="expected days"):
        stickiness([as_part([])], zone("UTC"), 3, 3)
