"""Paths: each unit's events that are looked at, and the names of its path among these, packed into one integer.

Positions are unsigned: for signed ones it is looked at each time whether they count from the end.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clew.timelines.columns import Any1D, Bool, Int32, Int64, Masks
from clew.timelines.kernels.compiling import borrower

_1 = np.uint64(1)


class Events(NamedTuple):
    """The columns that paths are made of."""

    start: Any1D
    """Unsigned, as the kinds are."""
    skip: Bool
    time: Int64
    kind: Any1D
    name_of_kind: Int32
    """For each kind, the number of its name, MISSING where it is filtered out; empty: `name` has them."""
    name: Int32
    """For each event, likewise."""
    goal_by_kind: Masks
    goal_by_event: Any1D


class Rules(NamedTuple):
    """`anchor` MISSING: from the first name. `within` MISSING: the whole unit."""

    depth: int
    bits: int
    """Of a step's code."""
    collapse: bool
    anchor: int
    backward: bool
    within: int
    ranged: bool
    """Whether [begin, end) leaves anything out."""
    begin: int
    end: int
    whole: bool
    """Whether a unit counts by the time of its first event; else only events in [begin, end) are looked at."""
    goal: bool


@borrower
def sequences(events: Events, rules: Rules, codes: Any, first: int, last: int, keys: Any1D, counts: Any) -> int:
    """Fill `keys` with the path of each unit that has one. Returns how many.

    From the highest bits down: codes[step, name] of each step, the last code of the step where the path ended before the depth, and 0 after that;
    in the lowest bit whether the goal (predicate 0) holds. Adds to counts[step, name] how many paths have the name there; empty: not counted.
    """
    found = 0
    for u in range(first, last):
        lo, at, hi = _looked_at(events, rules, u)
        if at == hi:
            continue
        key = _key(events, rules, codes, lo, at, hi, counts)
        if key:
            keys[found] = (key << _1) | np.uint64(rules.goal and _has_goal(events, lo, hi))
            found += 1
    return found


@borrower
def _looked_at(events: Events, rules: Rules, u: int) -> tuple[Any, Any, Any]:
    """The unit's events [lo, hi) that are looked at, and where among them the path begins; at hi: nowhere."""
    lo, hi = events.start[u], events.start[u + 1]
    if lo == hi or (len(events.skip) and events.skip[u]):
        return lo, hi, hi
    if rules.ranged and rules.whole and not rules.begin <= events.time[lo] < rules.end:
        return lo, hi, hi
    if rules.ranged and not rules.whole:
        lo, hi = _from(events.time, lo, hi, rules.begin), _from(events.time, lo, hi, rules.end)
    if rules.anchor < 0 and rules.within < 0:
        return lo, lo, hi
    at = _beginning(events, rules, lo, hi)
    return _window(events.time, rules, lo, at, hi) if at < hi and rules.within >= 0 else (lo, at, hi)


@borrower
def _beginning(events: Events, rules: Rules, lo: Any, hi: Any) -> Any:
    """The first name, or the first anchor; hi if there is none."""
    for i in range(lo, hi):
        name = events.name_of_kind[events.kind[i]] if len(events.name_of_kind) else events.name[i]
        if name >= 0 and (rules.anchor < 0 or name == rules.anchor):
            return i
    return hi


@borrower
def _window(time: Int64, rules: Rules, lo: Any, at: Any, hi: Any) -> tuple[Any, Any, Any]:
    """Of [lo, hi), what is at most `within` after or before `at`."""
    if rules.backward:
        return _from(time, lo, at, time[at] - rules.within), at, at + _1
    return at, at, _from(time, at, hi, time[at] + rules.within + 1)


@borrower
def _from(time: Int64, lo: Any, hi: Any, begin: int) -> Any:
    """The first position in [lo, hi) of that time or later, hi if there is none."""
    while lo < hi:
        middle = (lo + hi) >> _1
        if time[middle] < begin:
            lo = middle + _1
        else:
            hi = middle
    return lo


@borrower
def _key(events: Events, rules: Rules, codes: Any, lo: Any, at: Any, hi: Any, counts: Any) -> Any:
    """The codes of the names from `at` on, or from there back; 0 if there are none."""
    depth, bits = np.uint64(rules.depth), np.uint64(rules.bits)
    size, before, key = np.uint64(0), np.int32(-1), np.uint64(0)
    for n in range(at + _1 - lo if rules.backward else hi - at):
        i = at - n if rules.backward else at + n
        name = events.name_of_kind[events.kind[i]] if len(events.name_of_kind) else events.name[i]
        if name < 0 or (rules.collapse and name == before):
            continue
        key = (key << bits) | np.uint64(codes[size, np.uint64(name)])
        if len(counts):
            counts[size, np.uint64(name)] += 1
        before = name
        size += _1
        if size == depth:
            return key
    return ((key << bits) | np.uint64(codes[size, -1])) << (bits * (depth - size - _1)) if size else key


@borrower
def _has_goal(events: Events, lo: Any, hi: Any) -> bool:
    for i in range(lo, hi):
        mask = events.goal_by_kind[events.kind[i]]
        if len(events.goal_by_event):
            mask |= np.uint64(events.goal_by_event[i])
        if mask & _1:
            return True
    return False
