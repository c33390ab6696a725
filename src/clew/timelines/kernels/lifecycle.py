"""The periods in which a unit was active, and what follows from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.columns import Bool, Int64
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.pieces import piece_of


class Events(NamedTuple):
    """The columns that activity is made of."""

    start: Int64
    skip: Bool
    time: Int64
    is_activity: Bool


@kernel
def _periods(events: Events, u: int, piece_start: Int64, number: Int64, found: Int64) -> int:
    """Fill `found` with the unit's active periods, ascending, and return how many these are."""
    time, is_activity = events.time, events.is_activity
    size, piece, until = 0, 0, piece_start[0]
    for i in range(events.start[u], events.start[u + 1]):
        t = time[i]
        if t < until or not is_activity[i]:
            continue
        piece = piece_of(piece_start, t, piece)
        until = piece_start[piece + 1]
        size = _insert(found, size, number[piece])
    return size


@kernel
def _insert(found: Int64, size: int, period: int) -> int:
    """Keep `found` ascending. Periods come in order but where clocks go back over midnight."""
    place = size
    while place > 0 and found[place - 1] > period:
        place -= 1
    if place > 0 and found[place - 1] == period:
        return size
    found[place + 1 : size + 1] = found[place:size].copy()
    found[place] = period
    return size + 1


@kernel
def lifecycle(events: Events, piece_start: Int64, number: Int64, first: int, last: int, out: Int64) -> None:
    """Add to out[period]: units that are new, returning, resurrected and dormant in it."""
    found = np.empty(len(number) + 1, np.int64)
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        size = _periods(events, u, piece_start, number, found)
        for n in range(size):
            period = found[n]
            if n == 0:
                out[period, 0] += 1
            elif found[n - 1] == period - 1:
                out[period, 1] += 1
            else:
                out[period, 2] += 1
            if period + 1 < len(out) and (n + 1 == size or found[n + 1] != period + 1):
                out[period + 1, 3] += 1


@kernel
def stickiness(
    events: Events, piece_start: Int64, number: Int64, trailing: int, low: int, high: int, first: int, last: int, out: Int64, histogram: Int64
) -> None:
    """Add to out[day]: active units, and the change in how many were active in the `trailing` days up to it; to histogram[n]: units active on n days
    from low to before high."""
    found = np.empty(len(number) + 1, np.int64)
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        size, inside = _periods(events, u, piece_start, number, found), 0
        for n in range(size):
            day = found[n]
            inside += low <= day < high
            out[day, 0] += 1
            out[day, 1] += 1
            leaves = day + trailing if n + 1 == size else min(day + trailing, found[n + 1])
            if leaves < len(out):
                out[leaves, 1] -= 1
        histogram[inside] += 1
