"""The plain ordered funnel by day of start, in one pass from a unit's last event to its first.

For each step the soonest way on is kept: the next event of that step, from there the next of the step after it, and so on. An event of the first
step takes the way that the second step has: nothing reaches any level sooner from there, and its middle steps are the earliest possible. Steps count
from 0.
"""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.matching import matching
from clew.timelines.kernels.ordered import Events, Found, Rules, steps_mask
from clew.timelines.kernels.pieces import piece_before
from clew.timelines.kernels.rows import Days, results


@kernel
def by_day(events: Events, rules: Rules, days: Days, first: int, last: int) -> tuple[Found, Int64]:
    """The reported attempt of each unit and day on which it starts any, and these days."""
    start, skip, time, steps = events.start, events.skip, events.time, rules.steps
    a, b = start[first], start[last]
    place, masks = np.empty(b - a, np.int64), np.empty(b - a, np.uint64)
    r = matching(events.kind, events.by_kind, events.by_event, steps_mask(steps), a, b, place, masks) - 1
    out, day, way, found = results(_starts(masks[: r + 1]), steps), np.empty(r + 1, np.int64), np.empty((steps, steps), np.int64), 0
    units, levels, at, starts, numbers, piece = out.unit, out.level, out.at, days.start, days.number, 0
    for unit in range(last - 1, first - 1, -1):
        begun = found
        way[:] = -1
        while r >= 0 and place[r] >= start[unit]:
            i, mask, t = place[r], masks[r], time[place[r]]
            if mask & np.uint64(1) and rules.begin <= t < rules.end and not (len(skip) and skip[unit]):
                piece = piece_before(starts, t, piece)
                level = _level(way, t, time, rules)
                n = _slot(day, numbers[piece], begun, found)
                ended = way[1, level - 1] if level > 1 else i
                if n == found or level > levels[n] or (level == levels[n] and ended < at[n, level - 1]):
                    units[n], levels[n], day[n], at[n, 0] = unit, level, numbers[piece], i
                    for k in range(1, steps):
                        at[n, k] = way[1, k] if k < level else -1
                    found = max(found, n + 1)
            for k in range(1, steps):
                if (mask >> np.uint64(k)) & np.uint64(1):
                    way[k, k] = i
                    for j in range(k + 1, steps):
                        way[k, j] = way[k + 1, j]
            r -= 1
    return Found(units[:found][::-1], levels[:found][::-1], at[:found][::-1]), day[:found][::-1]


@kernel
def _starts(masks: Masks) -> int:
    """How many events are of the first step."""
    found = 0
    for mask in masks:
        found += mask & np.uint64(1) != 0
    return found


@kernel
def _level(way: Int64, t: int, time: Int64, rules: Rules) -> int:
    """The level that a start at `t` reaches by the way that the second step has."""
    level = 1
    while level < rules.steps and way[1, level] >= 0 and time[way[1, level]] - t <= rules.within:
        level += 1
    return level


@kernel
def _slot(day: Int64, number: int, begun: int, found: int) -> int:
    """Where the attempt of that day stands, `found` if there is none: the last, or (where clocks go back over midnight) the one before."""
    for n in range(found - 1, max(begun, found - 2) - 1, -1):
        if day[n] == number:
            return n
    return found
