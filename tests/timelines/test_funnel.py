"""Funnels: kernel = brute force, on random timelines; and cases whose answer is written down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import Event, Question, is_kind
from tests.timelines.random_timelines import HOUR, KINDS, WINDOW, ZONES, as_part, base_and_overlay, long, relaxed, short

from clew.timelines import funnel as module
from clew.timelines.calendar import zone
from clew.timelines.columns import Match, Part, match_kinds
from clew.timelines.funnel import Exclusion, Funnel, by_day, count, nearest_rank, reach

Steps = list[list[int]]
STEPS = st.lists(st.lists(st.integers(0, KINDS - 1), min_size=1, max_size=2, unique=True), min_size=1, max_size=4)
WINDOWS = st.sampled_from((0, 1, WINDOW - 1, WINDOW, 100))
ORDERS = ("ordered", "strict", "consecutive", "any")


@st.composite
def exclusions(draw: st.DrawFn, steps: int) -> list[tuple[list[int], int, int]]:
    if steps < 2:
        return []
    after = st.integers(1, steps - 1)
    found = [
        (draw(st.lists(st.integers(0, KINDS - 1), min_size=1, max_size=2)), draw(after), draw(st.integers(2, steps)))
        for _ in range(draw(st.integers(0, 3)))
    ]
    return [(kinds, a, b) for kinds, a, b in found if a < b]


def matching(steps: Steps, excluded: list[tuple[list[int], int, int]] = ()) -> Match:  # type: ignore[assignment]
    return match_kinds([*steps, *(kinds for kinds, _, _ in excluded)], KINDS)


def expected(people: list[list[list[Event]]], asked: Question) -> dict[tuple[int, int], tuple[int, ...]]:
    """(part, unit) -> positions in the part."""
    found = {}
    for place, units in enumerate(people):
        for unit, events in enumerate(units):
            level, attempt = (oracle.any_order if asked.order == "any" else oracle.funnel)(events, asked)
            if level:
                found[place, unit] = attempt
    return found


def positions(parts: list[Part], attempts: module.Attempts) -> dict[tuple[int, int], tuple[int, ...]]:
    """As `expected`."""
    return dict(zip(zip(*keys(attempts), strict=True), chains(parts, attempts), strict=True))


def keys(attempts: module.Attempts) -> tuple[list[int], list[int]]:
    return attempts.part.tolist(), attempts.unit.tolist()


def chains(parts: list[Part], attempts: module.Attempts) -> list[tuple[int, ...]]:
    """Positions counted from each unit's first event."""
    rows = zip(attempts.part, attempts.unit, attempts.level, attempts.at, strict=True)
    return [tuple(int(i - parts[p].start[u]) for i in at[:level]) for p, u, level, at in rows]


@relaxed(500)
@given(base_and_overlay(short()), STEPS, WINDOWS, st.sampled_from(ORDERS), st.integers(-1, WINDOW), st.integers(0, 3 * WINDOW))
def test_kernel_is_brute_force(
    timeline: tuple[list[list[list[Event]]], list[Part]], steps: Steps, within: int, order: str, begin: int, end: int
) -> None:
    people, parts = timeline
    asked = Question([is_kind(*s) for s in steps], within, order, begin=begin, end=end)
    attempts = reach(parts, matching(steps), Funnel(steps=len(steps), within=within, order=order, begin=begin, end=end))  # type: ignore[arg-type]
    assert positions(parts, attempts) == expected(people, asked)


@relaxed(800)
@given(base_and_overlay(short()), STEPS, WINDOWS, st.sampled_from(ORDERS[:3]), st.booleans(), st.data())
def test_exclusions_and_held_values(
    timeline: tuple[list[list[list[Event]]], list[Part]], steps: Steps, within: int, order: str, hold: bool, data: st.DataObject
) -> None:
    people, parts = timeline
    excluded = data.draw(exclusions(len(steps)))
    asked = Question([is_kind(*s) for s in steps], within, order, [(is_kind(*k), a, b) for k, a, b in excluded], hold)
    held = [part_values(part, units) for part, units in zip(parts, people, strict=True)] if hold else []
    funnel = Funnel(steps=len(steps), within=within, order=order, exclusions=tuple(Exclusion(a, b) for _, a, b in excluded))  # type: ignore[arg-type]
    assert positions(parts, reach(parts, matching(steps, excluded), funnel, held)) == expected(people, asked)


def part_values(part: Part, units: list[list[Event]]) -> np.ndarray:  # type: ignore[type-arg]
    """The held values of a part; those of skipped units do not matter."""
    out = np.zeros(len(part.time), np.int32)
    for unit, events in enumerate(units):
        if events:
            out[part.start[unit] : part.start[unit + 1]] = [e.value for e in events]
    return out


@relaxed(200)
@given(base_and_overlay(short()), STEPS, WINDOWS, st.sampled_from((np.uint8, np.uint64)))
def test_predicates_by_event_are_as_those_by_kind(
    timeline: tuple[list[list[list[Event]]], list[Part]], steps: Steps, within: int, dtype: type
) -> None:
    _, parts = timeline
    by_kind = matching(steps)
    by_event = Match(np.zeros(KINDS, np.uint64), tuple(by_kind.by_kind[p.kind].astype(dtype) for p in parts))
    funnel = Funnel(steps=len(steps), within=within)
    assert positions(parts, reach(parts, by_event, funnel)) == positions(parts, reach(parts, by_kind, funnel))


@relaxed(200)
@given(base_and_overlay(short(20)), STEPS, WINDOWS)
def test_counts_are_those_of_attempts(timeline: tuple[list[list[list[Event]]], list[Part]], steps: Steps, within: int) -> None:
    _, parts = timeline
    funnel = Funnel(steps=len(steps), within=within)
    assert count(parts, matching(steps), funnel).tolist() == reach(parts, matching(steps), funnel).reached().tolist()


@relaxed(300)
@given(base_and_overlay(long(7)), STEPS, st.sampled_from((0, HOUR, 24 * HOUR, 2000 * HOUR)), st.sampled_from(ORDERS), st.sampled_from(ZONES))
def test_days_of_start(timeline: tuple[list[list[list[Event]]], list[Part]], steps: Steps, within: int, order: str, where: str) -> None:
    people, parts = timeline
    found = by_day(parts, matching(steps), Funnel(steps=len(steps), within=within, order=order), zone(where))  # type: ignore[arg-type]
    begun = {
        (day, place, unit): attempt
        for place, units in enumerate(people)
        for unit, events in enumerate(units)
        for day in {oracle.period(e.time, "day", where) for e in events}
        if (attempt := starting_on(events, steps, within, order, where, day))
    }
    assert dict(zip(zip(found.day.tolist(), *keys(found.attempts), strict=True), chains(parts, found.attempts), strict=True)) == begun


def starting_on(events: list[Event], steps: Steps, within: int, order: str, where: str, day: int) -> tuple[int, ...]:
    """The reported attempt of those that start on the day: the best of those that start at one of its instants."""
    asked = Question([is_kind(*s) for s in steps], within, order)
    times = {e.time for e in events if oracle.period(e.time, "day", where) == day}
    judge = oracle.any_order if order == "any" else oracle.funnel
    attempts = [attempt for t in times if (attempt := judge(events, asked._replace(begin=t, end=t + 1))[1])]
    return max(attempts, key=oracle.rank, default=())


def one(*kinds_at: tuple[int, int]) -> Part:
    return as_part([[Event(t, k) for t, k in kinds_at]])


def test_the_window_is_inclusive_and_a_microsecond_more_is_too_long() -> None:
    two = match_kinds([[0], [1]], KINDS)
    assert count([one((0, 0), (10, 1))], two, Funnel(steps=2, within=10)).tolist() == [1, 1]
    assert count([one((0, 0), (11, 1))], two, Funnel(steps=2, within=10)).tolist() == [1, 0]


def test_one_event_serves_one_step() -> None:
    twice = match_kinds([[0], [0]], KINDS)
    assert [count([one((0, 0))], twice, Funnel(steps=2, within=9, order=o)).tolist() for o in ("ordered", "any")] == [[1, 0], [1, 0]]  # type: ignore[arg-type]
    assert count([one((0, 0), (0, 0))], twice, Funnel(steps=2, within=9)).tolist() == [1, 1]


def test_two_attempts_are_never_mixed() -> None:
    """The second step of an attempt that is too old does not serve one that starts later."""
    assert count([one((0, 0), (1, 1), (9, 0), (15, 2))], match_kinds([[0], [1], [2]], KINDS), Funnel(steps=3, within=10)).tolist() == [1, 1, 0]


def test_what_follows_from_an_attempt() -> None:
    part = as_part([[Event(0, 0), Event(3, 0), Event(5, 1), Event(9, 2)], [], [Event(20, 0), Event(21, 1)]])
    funnel = Funnel(steps=3, within=10)
    attempts = reach([part], match_kinds([[0], [1], [2]], KINDS), funnel)
    assert attempts.at.tolist() == [[1, 2, 3], [4, 5, -1]]
    assert attempts.people([part]).tolist() == [0, 2]
    assert attempts.gather([part.kind], 1).tolist() == [0, 0]
    begun = attempts.gather([part.time], 1)
    assert begun.tolist() == [3, 20]
    second, third = attempts.between([part], begun)
    assert (second.number.tolist(), second.micros.tolist()) == ([0, 1], [2, 1])
    assert (third.number.tolist(), third.micros.tolist()) == ([0], [4])
    second, third = attempts.between([part], begun, np.array([1, 0]))
    assert (second.number.tolist(), second.micros.tolist()) == ([0, 1], [1, 2])
    assert (third.number.tolist(), third.micros.tolist()) == ([1], [4])


def test_any_order_reports_the_first_to_be_full_and_of_its_starts_the_latest() -> None:
    """Windows that begin with 0, 1 and 2 hold both steps; all but the last are full at 2, and from 1 on nothing is missing."""
    part = one((0, 0), (1, 0), (2, 1), (3, 0))
    assert reach([part], match_kinds([[0], [1]], KINDS), Funnel(steps=2, within=10, order="any")).at.tolist() == [[1, 2]]


def test_an_event_of_two_steps_goes_over_to_the_other() -> None:
    """The first event serves either step; the second only the first step, so that the first one's is the second."""
    part = one((0, 1), (1, 0))
    assert reach([part], match_kinds([[0, 1], [1]], KINDS), Funnel(steps=2, within=10, order="any")).at.tolist() == [[0, 1]]


def test_values_come_in_the_order_of_the_attempts() -> None:
    parts = [one((0, 0)), one((7, 0))]
    turned = reach(parts, match_kinds([[0]], KINDS), Funnel(steps=1, within=1)).some(np.array([1, 0]))
    assert turned.gather([part.time for part in parts], 1).tolist() == [7, 0]
    assert turned.people([parts[0], parts[1]._replace(person=parts[1].person + 100)]).tolist() == [100, 0]


def test_twelve_steps_and_a_repeated_name() -> None:
    steps = [[n % KINDS] for n in range(12)]
    part = one(*((n, n % KINDS) for n in range(12)))
    for order in ORDERS:
        assert count([part], match_kinds(steps, KINDS), Funnel(steps=12, within=100, order=order)).tolist() == [1] * 12  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "asked", [{"steps": 0}, {"steps": 64}, {"within": -1}, {"exclusions": (Exclusion(2, 2),)}, {"exclusions": (Exclusion(1, 2),), "order": "any"}]
)
def test_what_makes_no_sense_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Funnel(**{"steps": 2, "within": 5} | asked)  # type: ignore[arg-type]


@relaxed(200)
@given(st.lists(st.integers(-20, 20), min_size=1), st.sampled_from((0.01, 0.5, 0.9, 1.0)))
def test_quantiles_are_of_the_nearest_rank(numbers: list[int], p: float) -> None:
    assert nearest_rank(np.array(numbers), p) == oracle.quantile(numbers, p)


def test_no_values_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="expected values"):
        nearest_rank(np.zeros(0, np.int64), 0.5)
