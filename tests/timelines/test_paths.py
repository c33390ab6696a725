"""Paths: kernel = plain Python, from sequences to what a page shows of them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import Event, Way
from tests.timelines.random_timelines import KINDS, WINDOW, as_part, base_and_overlay, relaxed, short

from clew.timelines.columns import MISSING, Match, Part, match_kinds
from clew.timelines.paths import Names, Paths, walk
from clew.timelines.walked import Walked

Timeline = tuple[list[list[list[Event]]], list[Part]]
TEXT = ("b", "a", "é", "Z")
BY_KIND = [0, 1, 2, 3, MISSING]
NAMES = Names(TEXT, np.array(BY_KIND))
GOAL = match_kinds([[3, 4]], KINDS)


def test_each_option_has_its_meaning() -> None:
    part = as_part([[Event(t, k) for t, k in enumerate((1, 1, 0, 1, 2))]])
    assert names(part, depth=9) == [("a", "b", "a", "é", "(exit)")]
    assert names(part, depth=2) == [("a", "b")]
    assert names(part, depth=9, collapse=False) == [("a", "a", "b", "a", "é", "(exit)")]
    assert names(part, depth=9, anchor=0, backward=True) == [("b", "a", "(exit)")]
    assert names(part, depth=9, anchor=0, ended="(no more yet)") == [("b", "a", "é", "(no more yet)")]
    assert names(part, depth=9, anchor=3) == []


def test_a_repeat_within_the_window_of_what_began_before_it_is_a_step() -> None:
    part = as_part([[Event(t, k) for t, k in ((0, 1), (15, 1), (20, 0))]])
    assert names(part, anchor=0, backward=True, within=10) == [("b", "a", "(exit)")]


def test_the_goal_of_a_window_is_looked_for_in_it() -> None:
    part = as_part([[Event(0, 1), Event(5, 0), Event(5, 3), Event(20, 1)]])
    cases: list[tuple[dict[str, Any], int]] = [
        ({}, 1),
        ({"within": 5}, 1),
        ({"within": 4}, 0),
        ({"anchor": 0, "within": 0}, 1),
        ({"anchor": 0, "within": 9, "backward": True}, 0),
    ]
    for rules, holds in cases:
        assert [p.goal for p in walk([part], Paths(**rules), NAMES, GOAL).top(9)] == [holds], rules


def names(part: Part, **asked: Any) -> list[tuple[str, ...]]:
    return [p.names for p in walk([part], Paths(**asked), NAMES).top(9)]


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
    units = [looked for units in people for events in units if (looked := looked_at(events, whole, when))]
    found = [(p, holds_goal(events, steps, way)) for events, steps in units if (p := oracle.path(steps, way))]
    cut = oracle.ranked([p for p, _ in found], keep)
    check(walk(parts, asked, given_names, goal), cut, [goal for _, goal in found], depth)


def looked_at(events: list[Event], whole: bool, when: tuple[int, int]) -> tuple[list[Event], list[tuple[int, str | None]]] | None:
    """The events that count, and their (time, name); None where the whole unit does not."""
    if whole and not (events and when[0] <= events[0].time < when[1]):
        return None
    inside = [e for e in events if whole or when[0] <= e.time < when[1]]
    return inside, [(e.time, TEXT[BY_KIND[e.kind]] if BY_KIND[e.kind] >= 0 else None) for e in inside]


def holds_goal(events: list[Event], steps: list[tuple[int, str | None]], way: Way) -> bool:
    """Over the events that are looked at: of a window those in it, else all, before the anchor too."""
    places = range(len(events)) if way.within is None else oracle.seen(steps, way)
    return any(events[n].kind in (3, 4) for n in places)


def check(walked: Walked, cut: list[tuple[str, ...]], goals: list[bool], depth: int) -> None:
    assert walked.sequences == len(cut)
    top = walked.top(10**6)
    assert {p.names: p.units for p in top} == Counter(cut)
    assert {p.names: p.goal for p in top if p.goal} == Counter(p for p, goal in zip(cut, goals, strict=True) if goal)
    assert top == sorted(top, key=lambda p: (-p.units, [n.encode() for n in p.names]))
    assert walked.top(2) == top[:2]
    nodes, links = walked.steps(), walked.links()
    assert {(n.step, n.name): n.units for n in nodes} == Counter((step, name) for p in cut for step, name in enumerate(p[:depth], 1))
    assert nodes == sorted(nodes, key=lambda n: (n.step, -n.units, n.name.encode()))
    pairs = Counter((step, a, b) for p in cut for step, (a, b) in enumerate(pairwise(p[:depth]), 1))
    assert {(k.step, k.source, k.target): k.units for k in links} == pairs
    assert links == sorted(links, key=lambda n: (n.step, -n.units, n.source.encode(), n.target.encode()))


def test_only_the_most_frequent_are_listed() -> None:
    part = as_part([[Event(0, kind)] for kind in (0, 0, 1, 1, 2, 3)])
    assert [(p.names, p.units) for p in walk([part], Paths(depth=1), NAMES).top(3)] == [(("a",), 2), (("b",), 2), (("Z",), 1)]


def test_more_names_than_sixteen_bits() -> None:
    text = [str(n) for n in range(40_000)]
    part = as_part([[Event(0, 4)]])
    assert [p.names for p in walk([part], Paths(depth=12), Names(text, by_event=[np.array([39_999])])).top(1)] == [("39999", "(exit)")]


@pytest.mark.parametrize("asked", [{"depth": 0}, {"keep": 0}, {"depth": 20}, {"backward": True}])
def test_what_makes_no_sense_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Paths(**asked)
