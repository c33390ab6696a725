"""The periods in which a unit was active, and what follows from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Bool, Int64
from clew.timelines.kernels.compiling import borrower
from clew.timelines.kernels.pieces import piece_at

_ONE = np.uint64(1)


class Events(NamedTuple):
    """The columns that activity is made of, and room for the periods of a unit."""

    start: Int64
    skip: Bool
    time: Int64
    is_activity: Bool
    found: Int64
    """One more entry than the axis has pieces."""


@borrower
def _periods(events: Events, u: int, axis: Axis) -> int:
    """Fill `found` with the unit's active periods, ascending, and return how many these are.

    Once a period is found, its other events are passed over by their time alone.
    """
    size, until, latest = 0, axis.start[0], np.int64(-1)
    for i in range(np.uint64(events.start[u]), np.uint64(events.start[u + 1])):
        t = events.time[i]
        if t >= until and events.is_activity[i]:
            piece = piece_at(axis, t)
            period, until = axis.number[piece], axis.start[piece + _ONE]
            if period > latest:
                events.found[size] = latest = period
                size += 1
            else:
                size = _insert(events.found, size, period)
    return size


@borrower
def _insert(found: Int64, size: int, period: int) -> int:
    """Keep `found` ascending where clocks go back over midnight, so that a day comes again after the next one began."""
    place = size
    while place > 0 and found[place - 1] > period:
        place -= 1
    if place > 0 and found[place - 1] == period:
        return size
    for n in range(size, place, -1):
        found[n] = found[n - 1]
    found[place] = period
    return size + 1


@borrower
def lifecycle(events: Events, axis: Axis, first: int, last: int, out: Int64) -> None:
    """Add to out[period]: units that are new, returning, resurrected and dormant in it. It has an entry more than there are periods."""
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        size = _periods(events, u, axis)
        if not size:
            continue
        before = events.found[0]
        out[before, 0] += 1
        for n in range(1, size):
            period = events.found[n]
            gap = np.int64(period != before + 1)
            out[period, 1 + gap] += 1
            out[before + 1, 3] += gap
            before = period
        out[before + 1, 3] += 1


@borrower
def stickiness(events: Events, axis: Axis, trailing: int, low: int, high: int, first: int, last: int, out: Int64, histogram: Int64) -> None:
    """Add to out[day]: active units, and the change in how many were active in the `trailing` days up to it; to histogram[n]: units active on n days
    from low to before high."""
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        size, inside = _periods(events, u, axis), 0
        for n in range(size):
            day = events.found[n]
            inside += low <= day < high
            out[day, 0] += 1
            out[day, 1] += 1
            leaves = day + trailing if n + 1 == size else min(day + trailing, events.found[n + 1])
            if leaves < len(out):
                out[leaves, 1] -= 1
        histogram[inside] += 1
