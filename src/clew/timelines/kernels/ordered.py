"""The plain ordered funnel in one pass: for each level keep the attempt with the latest start.

An attempt that starts later is inside the window whenever one that starts earlier is, so no other need be kept. An attempt's middle steps are the
earliest possible, since it takes each step at the first event that can serve it. Steps and levels count from 0 here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.columns import Any1D, Bool, Int8, Int32, Int64, Masks
from clew.timelines.kernels.compiling import borrower
from clew.timelines.kernels.matching import STRETCH, matching


class Events(NamedTuple):
    """The columns of a part that a funnel reads."""

    start: Int64
    skip: Bool
    time: Int64
    kind: Int32
    is_activity: Bool
    by_kind: Masks
    by_event: Any1D


class Rules(NamedTuple):
    """The window is inclusive; an attempt starts in [begin, end)."""

    steps: int
    within: int
    begin: int
    end: int


class Found(NamedTuple):
    """The reported attempts: a row a unit that reaches a level. The numbers are short, since new memory costs more than what is put into it."""

    unit: Int32
    level: Int8
    at: Int32
    """Of each step; MISSING beyond the level."""


class Room(NamedTuple):
    """For any unit: the kept attempt of each level, when it began, and the events of a stretch that match with their masks."""

    chain: Int64
    began: Int64
    place: Int64
    mask: Masks


def room(steps: int) -> Room:
    """Room for so many steps."""
    return Room(np.empty((steps, steps), np.int64), np.empty(steps, np.int64), np.empty(STRETCH, np.int64), np.empty(STRETCH, np.uint64))


@borrower
def attempts(events: Events, rules: Rules, first: int, last: int, space: Room, out: Found) -> int:
    """Fill `out` with the attempts of the units, and return how many these are."""
    chain, began, place, masks = space.chain, space.began, space.place, space.mask
    wanted = steps_mask(rules.steps)
    start, time, kind, by_kind, by_event = events.start, events.time, events.kind, events.by_kind, events.by_event
    unit, levels, at, skip = out.unit, out.level, out.at, events.skip
    found, u, end, level = 0, first - 1, start[first], rules.steps
    for a in range(start[first], start[last], STRETCH):
        for r in range(matching(kind, by_kind, by_event, wanted, a, min(a + STRETCH, start[last]), place, masks)):
            mask, i = masks[r], place[r]
            if i >= end:
                while start[u + 1] <= i:
                    u += 1
                end, level = start[u + 1], rules.steps if len(skip) and skip[u] else 0
            if level == rules.steps:
                continue
            for k in range(level, -1, -1):
                if (mask >> np.uint64(k)) & np.uint64(1) and _take(k, i, time[i], level, rules, chain, began) and k == level:
                    level += 1
                    found += level == 1
                    unit[found - 1], levels[found - 1] = u, level
                    _put(chain, k, at, found - 1)
    return found


@borrower
def steps_mask(steps: int) -> np.uint64:
    """The bits of the steps."""
    return (np.uint64(1) << np.uint64(steps)) - np.uint64(1)


@borrower
def _take(k: int, i: int, t: int, level: int, rules: Rules, chain: Int64, began: Int64) -> bool:
    """Let the event be step k of an attempt, if that gives one of a later start than the one kept. Whether it did."""
    if k == 0:
        if t < rules.begin or t >= rules.end:
            return False
        began[0] = t
    elif t - began[k - 1] > rules.within or (k < level and chain[k - 1, 0] <= chain[k, 0]):
        return False
    else:
        began[k] = began[k - 1]
        for j in range(k):
            chain[k, j] = chain[k - 1, j]
    chain[k, k] = i
    return True


@borrower
def _put(chain: Int64, k: int, at: Int32, found: int) -> None:
    """Report the attempt that has taken step k."""
    for j in range(at.shape[1]):
        at[found, j] = chain[k, j] if j <= k else -1


@borrower
def levels(events: Events, rules: Rules, first: int, last: int, space: Room, counts: Int64) -> None:
    """Add to `counts` how many of the units reach exactly each level from 1: as `attempts`, without keeping who and where."""
    began, place, masks, wanted = space.began, space.place, space.mask, steps_mask(rules.steps)
    start, time, kind, by_kind, by_event, skip = events.start, events.time, events.kind, events.by_kind, events.by_event, events.skip
    u, end, level = first - 1, start[first], rules.steps
    for a in range(start[first], start[last], STRETCH):
        for r in range(matching(kind, by_kind, by_event, wanted, a, min(a + STRETCH, start[last]), place, masks)):
            i = place[r]
            if i >= end:
                while start[u + 1] <= i:
                    u += 1
                end, level = start[u + 1], rules.steps if len(skip) and skip[u] else 0
            if level == rules.steps:
                continue
            for k in range(level, -1, -1):
                if (masks[r] >> np.uint64(k)) & np.uint64(1) and _begin(k, time[i], rules, began) and k == level:
                    counts[level] -= 1
                    level += 1
                    counts[level] += 1


@borrower
def _begin(k: int, t: int, rules: Rules, began: Int64) -> bool:
    """As `_take`, of an attempt's start alone: of several at one moment it does not matter which."""
    if k == 0:
        if t < rules.begin or t >= rules.end:
            return False
        began[0] = t
        return True
    if t - began[k - 1] > rules.within:
        return False
    began[k] = began[k - 1]
    return True
