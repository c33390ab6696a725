"""Sequences of names: cut out in one pass, then packed into integers that are sorted and counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clew.timelines.columns import Any1D, Bool, Int32, Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.paths import EXIT, NOTHING


class Events(NamedTuple):
    """The columns that paths are made of."""

    start: Int64
    skip: Bool
    time: Int64
    kind: Int32
    name_of_kind: Int32
    """For each kind, the code of its name, MISSING where it is filtered out; empty: `name` has them."""
    name: Int32
    """For each event, likewise."""
    goal_by_kind: Masks
    goal_by_event: Any1D


class Rules(NamedTuple):
    """`anchor` MISSING: from the first name. `within` MISSING: the whole unit."""

    depth: int
    collapse: bool
    anchor: int
    backward: bool
    within: int
    begin: int
    end: int
    whole: bool
    """Whether a unit counts by the time of its first event; else only events in [begin, end) are looked at."""
    goal: bool


@kernel
def sequences(events: Events, rules: Rules, first: int, last: int, out: Any, goal: Any1D) -> int:
    """Fill `out` with the sequence of each unit that has one, and `goal` with whether it holds the goal (predicate 0). Returns how many."""
    found = 0
    ring, ring_time = np.empty(rules.depth, np.int64), np.empty(rules.depth, np.int64)
    for u in range(first, last):
        a, b = events.start[u], events.start[u + 1]
        if a == b or (len(events.skip) and events.skip[u]) or (rules.whole and not rules.begin <= events.time[a] < rules.end):
            continue
        size = _before(events, rules, a, b, ring, ring_time, out[found]) if rules.backward else _after(events, rules, a, b, out[found])
        if size == 0:
            continue
        if size < rules.depth:
            out[found, size] = EXIT
            out[found, size + 1 :] = NOTHING
        goal[found] = rules.goal and _has_goal(events, rules, a, b)
        found += 1
    return found


@kernel
def _after(events: Events, rules: Rules, a: int, b: int, row: Any) -> int:
    """Fill the row with the names from the first anchor (or the first name) on. Returns how many."""
    size, at, before = 0, 0, -1
    time, kind, name_of_kind, names, of_kind = events.time, events.kind, events.name_of_kind, events.name, len(events.name_of_kind) > 0
    for i in range(a, b):
        if size and rules.within >= 0 and time[i] - time[at] > rules.within:
            break
        name = name_of_kind[kind[i]] if of_kind else names[i]
        if not rules.whole and not rules.begin <= time[i] < rules.end:
            continue
        if name < 0 or (size == 0 and rules.anchor >= 0 and name != rules.anchor) or (size and rules.collapse and name == before):
            continue
        if size == 0:
            at = i
        row[size] = name
        before = name
        size += 1
        if size == rules.depth:
            break
    return size


@kernel
def _before(events: Events, rules: Rules, a: int, b: int, ring: Int64, ring_time: Int64, row: Any) -> int:
    """Fill the row with the first anchor and the names before it, latest first. Returns how many. A name that repeats is as old as its first."""
    count = 0
    time, kind, name_of_kind, names, of_kind = events.time, events.kind, events.name_of_kind, events.name, len(events.name_of_kind) > 0
    for i in range(a, b):
        name = name_of_kind[kind[i]] if of_kind else names[i]
        if name < 0 or (not rules.whole and not rules.begin <= time[i] < rules.end):
            continue
        if not (rules.collapse and count and ring[(count - 1) % rules.depth] == name):
            ring[count % rules.depth] = name
            ring_time[count % rules.depth] = time[i]
            count += 1
        if name == rules.anchor:
            size = 0
            while size < min(count, rules.depth):
                place = (count - 1 - size) % rules.depth
                if rules.within >= 0 and time[i] - ring_time[place] > rules.within:
                    break
                row[size] = ring[place]
                size += 1
            return size
    return 0


@kernel
def _has_goal(events: Events, rules: Rules, a: int, b: int) -> bool:
    """Whether an event of the unit, of those that are looked at, matches the goal."""
    for i in range(a, b):
        if not rules.whole and not rules.begin <= events.time[i] < rules.end:
            continue
        mask = events.goal_by_kind[events.kind[i]]
        if len(events.goal_by_event):
            mask |= np.uint64(events.goal_by_event[i])
        if mask & np.uint64(1):
            return True
    return False


@kernel
def names_by_step(rows: Any, counts: Int64) -> None:
    """Add to counts[step, name] how many sequences have the name at the step."""
    for n in range(len(rows)):
        for step in range(rows.shape[1]):
            if rows[n, step] >= 0:
                counts[step, rows[n, step]] += 1


@kernel
def packed(rows: Any, goal: Any1D, short: Int64, bits: int, keys: Any) -> None:
    """Each sequence as one integer: its steps' short codes from the highest bits down, and whether it holds the goal in the lowest.

    short[step, code + 2]: the short code of a name, EXIT or NOTHING.
    """
    for n in range(len(rows)):
        key = np.int64(0)
        for step in range(rows.shape[1]):
            key = (key << bits) | short[step, rows[n, step] + 2]
        keys[n] = (key << 1) | np.int64(goal[n])


@kernel
def distinct(left: Any, right: Any, values: Int64, counts: Int64) -> int:
    """The distinct values of two sorted arrays together, and how often each comes. Returns how many."""
    i, j, found = 0, 0, 0
    while i < len(left) or j < len(right):
        value = left[i] if j == len(right) or (i < len(left) and left[i] <= right[j]) else right[j]
        before = i + j
        while i < len(left) and left[i] == value:
            i += 1
        while j < len(right) and right[j] == value:
            j += 1
        values[found], counts[found] = value, i + j - before
        found += 1
    return found
