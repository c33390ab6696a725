"""Paths: kernel = plain Python, from sequences to what a page shows of them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import Event, Way
from tests.timelines.random_timelines import KINDS, WINDOW, as_part, base_and_overlay, relaxed, short

from clew.timelines.columns import MISSING, Match, Part, match_kinds
from clew.timelines.paths import Flow, Names, Paths, most_frequent, paths

Timeline = tuple[list[list[list[Event]]], list[Part]]
TEXT = ("b", "a", "é", "Z")
BY_KIND = [0, 1, 2, 3, MISSING]
NAMES = Names(TEXT, np.array(BY_KIND))
GOAL = match_kinds([[3, 4]], KINDS)


def test_each_option_has_its_meaning() -> None:
    part = as_part([[Event(t, k) for t, k in enumerate((1, 1, 0, 1, 2))]])
    assert names(paths([part], Paths(depth=9), NAMES)) == [("a", "b", "a", "é", "(exit)")]
    assert names(paths([part], Paths(depth=2), NAMES)) == [("a", "b")]
    assert names(paths([part], Paths(depth=9, collapse=False), NAMES)) == [("a", "a", "b", "a", "é", "(exit)")]
    assert names(paths([part], Paths(depth=9, anchor=0, backward=True), NAMES)) == [("b", "a", "(exit)")]
    assert names(paths([part], Paths(depth=9, anchor=0, ended="(no more yet)"), NAMES)) == [("b", "a", "é", "(no more yet)")]
    assert names(paths([part], Paths(depth=9, anchor=3), NAMES)) == []


def names(flow: Flow) -> list[tuple[str, ...]]:
    return [p.names for p in flow.top]


@relaxed(1000)
@given(
    base_and_overlay(short()),
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from((None, 0, 1)),
    st.booleans(),
    st.sampled_from((None, 0, 3, WINDOW)),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.tuples(st.integers(-1, WINDOW), st.integers(0, 3 * WINDOW)),
)
def test_kernel_is_plain_python(
    timeline: Timeline,
    depth: int,
    collapse: bool,
    anchor: int | None,
    backward: bool,
    within: int | None,
    keep: int,
    whole: bool,
    by_event: bool,
    when: tuple[int, int],
) -> None:
    people, parts = timeline
    backward = backward and anchor is not None
    way = Way(depth, collapse, None if anchor is None else TEXT[anchor], backward, within)
    asked = Paths(
        depth=depth,
        keep=keep,
        collapse=collapse,
        anchor=MISSING if anchor is None else anchor,
        backward=backward,
        within=MISSING if within is None else within,
        begin=when[0],
        end=when[1],
        sessions=whole,
    )
    given_names = Names(TEXT, by_event=[np.array(BY_KIND)[p.kind] for p in parts]) if by_event else NAMES
    goal = Match(np.zeros(KINDS, np.uint64), tuple(GOAL.by_kind[p.kind].astype(np.uint8) for p in parts)) if by_event else GOAL
    flow = paths(parts, asked, given_names, goal, top=10**6)
    assert most_frequent(parts, asked, given_names, goal, top=10**6) == flow.top
    units = [(events, steps) for units in people for events in units if (steps := looked_at(events, whole, when)) is not None]
    found = [(p, holds_goal(events, whole, when)) for events, steps in units if (p := oracle.path(steps, way))]
    cut = oracle.ranked([p for p, _ in found], keep)
    check(flow, cut, [goal for _, goal in found], depth)


def looked_at(events: list[Event], whole: bool, when: tuple[int, int]) -> list[tuple[int, str]] | None:
    """The (time, name) of the events that count; None where the whole unit does not."""
    if whole and not (events and when[0] <= events[0].time < when[1]):
        return None
    return [(e.time, TEXT[BY_KIND[e.kind]]) for e in events if BY_KIND[e.kind] >= 0 and (whole or when[0] <= e.time < when[1])]


def holds_goal(events: list[Event], whole: bool, when: tuple[int, int]) -> bool:
    """Over the events that are looked at."""
    return any(e.kind in (3, 4) for e in events if whole or when[0] <= e.time < when[1])


def check(flow: Flow, cut: list[tuple[str, ...]], goals: list[bool], depth: int) -> None:
    assert flow.sequences == len(cut)
    assert {p.names: p.units for p in flow.top} == Counter(cut)
    assert {p.names: p.goal for p in flow.top if p.goal} == Counter(p for p, goal in zip(cut, goals, strict=True) if goal)
    assert {(n.step, n.name): n.units for n in flow.nodes} == Counter((step, name) for p in cut for step, name in enumerate(p[:depth], 1))
    pairs = Counter((step, a, b) for p in cut for step, (a, b) in enumerate(pairwise(p[:depth]), 1))
    assert {(k.step, k.source, k.target): k.units for k in flow.links} == pairs
    assert flow.reached == [sum(len(p) > step and p[step] != "(exit)" for p in cut) for step in range(depth)]
    order = [(-p.units, [n.encode() for n in p.names]) for p in flow.top]
    assert order == sorted(order)


def test_only_the_most_frequent_are_listed() -> None:
    part = as_part([[Event(0, kind)] for kind in (0, 0, 1, 1, 2, 3)])
    assert [(p.names, p.units) for p in paths([part], Paths(depth=1), NAMES, top=3).top] == [(("a",), 2), (("b",), 2), (("Z",), 1)]


def test_more_names_than_sixteen_bits() -> None:
    text = [str(n) for n in range(40_000)]
    part = as_part([[Event(0, 4)]])
    assert names(paths([part], Paths(depth=12), Names(text, by_event=[np.array([39_999])]))) == [("39999", "(exit)")]


@pytest.mark.parametrize("asked", [{"depth": 0}, {"keep": 0}, {"depth": 20}, {"backward": True}])
def test_what_makes_no_sense_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Paths(**asked)  # type: ignore[arg-type]
