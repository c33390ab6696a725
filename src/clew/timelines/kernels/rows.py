"""The events that a funnel of any sort looks at, for a block of units.

Each pass over them is a function that has its columns as arguments: those of a tuple are counted as references at each use, and calls for each unit
that take tuples cost more than the work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Bool, Int32, Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.matching import matching
from clew.timelines.kernels.ordered import Events, Found, Rules, steps_mask
from clew.timelines.kernels.pieces import piece_at

ACTIVITY = np.uint64(1 << 63)
"""The bit of exclusions of activity; no predicate has it."""


class Exclusions(NamedTuple):
    """Between which steps (from 1) which predicates may not hold: bits of the mask, and ACTIVITY."""

    bits: Masks
    after: Int64
    before: Int64


class Rows(NamedTuple):
    """The events that match a step, by unit; a unit's in order or, where a value is held, by value and then in order."""

    begin: Int64
    """Where the rows of each unit of the block begin; one more entry says where the last one's end."""
    at: Int64
    """Position of the event."""
    mask: Masks
    day: Int64
    """Where the event may start an attempt, the day on which it does (0 where days do not matter); else MISSING."""
    value: Int32
    """The held value; empty where none is held."""
    excluded: Int64
    """For each exclusion, the position of the last excluded event before this one; MISSING: none."""


@kernel
def collect(events: Events, rules: Rules, exclusions: Exclusions, held: Int32, days: Axis, first: int, last: int) -> Rows:
    """The rows of the block."""
    a, b = events.start[first], events.start[last]
    at, mask, begin = np.empty(b - a, np.int64), np.empty(b - a, np.uint64), np.empty(last - first + 1, np.int64)
    named = matching(events.kind, events.by_kind, events.by_event, ~ACTIVITY, a, b, at, mask)
    excluded = np.empty((named, len(exclusions.bits)), np.int64)
    _keep_steps(events.start, events.skip, events.is_activity, exclusions.bits, steps_mask(rules.steps), first, named, at, mask, excluded, begin)
    at, mask = at[: begin[-1]], mask[: begin[-1]]
    value = np.empty(len(at) if len(held) else 0, np.int32)
    for r in range(len(value)):
        value[r] = held[at[r]]
    rows = Rows(begin, at, mask, _starts(events.time, rules, days, at, value), value, excluded)
    if len(held):
        _by_value(*rows)
    return rows


@kernel
def _keep_steps(
    start: Int64,
    skip: Bool,
    is_activity: Bool,
    bits: Masks,
    steps: np.uint64,
    first: int,
    named: int,
    at: Int64,
    mask: Masks,
    excluded: Int64,
    begin: Int64,
) -> None:
    """Keep of the rows those that match a step, each with the last excluded events before it, and say where each unit's begin."""
    latest, size, r = np.empty(len(bits), np.int64), 0, 0
    for unit in range(len(begin) - 1):
        begin[unit], seen, end, skipped = size, start[first + unit], start[first + unit + 1], len(skip) > 0 and skip[first + unit]
        latest[:] = -1
        while r < named and at[r] < end:
            i, found = at[r], mask[r]
            for e in range(len(bits)):
                if bits[e] & ACTIVITY:
                    latest[e] = _last_activity(is_activity, seen, i, latest[e])
                excluded[size, e] = latest[e]
                if found & bits[e]:
                    latest[e] = i
            at[size], mask[size], seen = i, found, i + 1
            size += (found & steps != 0) and not skipped
            r += 1
    begin[-1] = size


@kernel
def _last_activity(is_activity: Bool, seen: int, i: int, before: int) -> int:
    """The last activity from `seen` to before `i`, where no event has a name that matters; else `before`."""
    for passed in range(i - 1, seen - 1, -1):
        if is_activity[passed]:
            return passed
    return before


@kernel
def _starts(time: Int64, rules: Rules, days: Axis, at: Int64, value: Int32) -> Int64:
    """The day on which each row may start an attempt."""
    day = np.empty(len(at), np.int64)
    for r in range(len(at)):
        t = time[at[r]]
        day[r] = 0 if rules.begin <= t < rules.end and (len(value) == 0 or value[r] >= 0) else -1
        if len(days.number) and day[r] == 0:
            day[r] = days.number[piece_at(days, t)]
    return day


@kernel
def _by_value(begin: Int64, at: Int64, mask: Masks, day: Int64, value: Int32, excluded: Int64) -> None:
    """Order each unit's rows by held value."""
    for unit in range(len(begin) - 1):
        a, b = begin[unit], begin[unit + 1]
        order = a + np.argsort(value[a:b], kind="mergesort")
        at[a:b], mask[a:b], day[a:b], value[a:b] = at[order], mask[order], day[order], value[order]
        excluded[a:b] = excluded[order]


@kernel
def results(size: int, steps: int) -> Found:
    """Room for so many."""
    return Found(np.empty(size, np.int32), np.empty(size, np.int8), np.empty((size, steps), np.int32))


@kernel
def wider(out: Found) -> Found:
    """Room for as many more."""
    return Found(
        np.concatenate((out.unit, np.empty_like(out.unit))),
        np.concatenate((out.level, np.empty_like(out.level))),
        np.concatenate((out.at, np.empty_like(out.at))),
    )
