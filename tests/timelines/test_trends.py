"""Trends: kernel = plain Python, on random timelines."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines.oracle import DAY, Event
from tests.timelines.random_timelines import KINDS, WINDOW, base_and_overlay, long, relaxed, short

from clew.timelines.calendar import ALWAYS, Calendar
from clew.timelines.columns import MISSING, Match, Part, match_kinds
from clew.timelines.trends import Groups, kinds_by_day, trend

EDGES = np.array([-(2**62), 2, 5, 5 + WINDOW, ALWAYS])
NUMBER = np.array([MISSING, 0, 1, MISSING])
GROUP = np.array([0, 1, 2, 0, 1], np.int32)


@relaxed(200)
@given(base_and_overlay(short()), st.booleans(), st.booleans())
def test_kernel_is_plain_python(timeline: tuple[list[list[list[Event]]], list[Part]], any_activity: bool, by_event: bool) -> None:
    people, parts = timeline
    match = match_kinds([[], [1, 2]] if any_activity else [[0, 3], [1, 2]], KINDS)
    groups = Groups(3, GROUP)
    if by_event:
        groups = Groups(3, by_event=[GROUP[p.kind] for p in parts])
        match = Match(np.zeros(KINDS, np.uint64), tuple(match.by_kind[p.kind].astype(np.uint8) for p in parts))
    found = trend(parts, Calendar(EDGES, NUMBER), 2, match, predicates=2, any_activity=any_activity, groups=groups)
    events: Counter[tuple[int, ...]] = Counter()
    units: set[tuple[int, ...]] = set()
    for number, person in enumerate(p for part in people for p in part):
        for e in person:
            period = int(NUMBER[np.searchsorted(EDGES, e.time, "right") - 1])
            says = (e.is_activity if any_activity else e.kind in (0, 3), e.kind in (1, 2))
            for predicate in (n for n in (0, 1) if says[n] and period >= 0):
                events[predicate, period, int(GROUP[e.kind])] += 1
                units.add((predicate, period, int(GROUP[e.kind]), number))
    assert {place: int(found[(*place, 0)]) for place in np.ndindex(2, 2, 3) if found[(*place, 0)]} == events
    assert {place: int(found[(*place, 1)]) for place in np.ndindex(2, 2, 3) if found[(*place, 1)]} == Counter(place[:3] for place in units)


@relaxed(100)
@given(base_and_overlay(long()))
def test_kinds_by_day(timeline: tuple[list[list[list[Event]]], list[Part]]) -> None:
    people, parts = timeline
    seen = [e for part in people for person in part for e in person]
    found = kinds_by_day(parts, KINDS)
    for first, last in ((-(10**6), 10**6), (20_000, 20_520), *((e.time // DAY, e.time // DAY + 1) for e in seen[:2])):
        expected = Counter(e.kind for e in seen if first <= e.time // DAY < last)
        assert found.between(first, last).tolist() == [expected[kind] for kind in range(KINDS)]
