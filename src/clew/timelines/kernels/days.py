"""The plain ordered funnel by day of start, in one pass from a unit's last event to its first.

For each step the soonest way on is kept: the next event of that step, from there the next of the step after it, and so on. An event of the first
step takes the way that the second step has: nothing reaches any level sooner from there, and its middle steps are the earliest possible. Steps count
from 0.
"""

from __future__ import annotations

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Int64, Masks
from clew.timelines.kernels.compiling import borrower
from clew.timelines.kernels.ordered import Events, Found, Rules
from clew.timelines.kernels.pieces import piece_at


@borrower
def by_day(events: Events, rules: Rules, days: Axis, first: int, last: int, place: Int64, masks: Masks, way: Int64, out: Found, day: Int64) -> int:
    """Fill `out` and `day` with the reported attempt of each unit and day on which it starts any, the last first. Returns how many these are.

    `place` and `masks`: the events of these units that match a step. `way`: room for the ways on, steps x steps.
    """
    start, skip, time, steps = events.start, events.skip, events.time, rules.steps
    units, levels, at = out.unit, out.level, out.at
    r, found = len(place) - 1, 0
    for unit in range(last - 1, first - 1, -1):
        begun = found
        way[:] = -1
        while r >= 0 and place[r] >= start[unit]:
            i, mask, t = place[r], masks[r], time[place[r]]
            if mask & np.uint64(1) and rules.begin <= t < rules.end and not (len(skip) and skip[unit]):
                number = days.number[piece_at(days, t)]
                level = _level(way, t, time, rules)
                n = _slot(day, number, begun, found)
                ended = way[1, level - 1] if level > 1 else i
                if n == found or level > levels[n] or (level == levels[n] and ended < at[n, level - 1]):
                    units[n], levels[n], day[n], at[n, 0] = unit, level, number, i
                    for k in range(1, steps):
                        at[n, k] = way[1, k] if k < level else -1
                    found = max(found, n + 1)
            for k in range(1, steps):
                if (mask >> np.uint64(k)) & np.uint64(1):
                    way[k, k] = i
                    for j in range(k + 1, steps):
                        way[k, j] = way[k + 1, j]
            r -= 1
    return found


@borrower
def _level(way: Int64, t: int, time: Int64, rules: Rules) -> int:
    """The level that a start at `t` reaches by the way that the second step has."""
    level = 1
    while level < rules.steps and way[1, level] >= 0 and time[way[1, level]] - t <= rules.within:
        level += 1
    return level


@borrower
def _slot(day: Int64, number: int, begun: int, found: int) -> int:
    """Where the attempt of that day stands, `found` if there is none: the last, or (where clocks go back over midnight) the one before."""
    for n in range(found - 1, max(begun, found - 2) - 1, -1):
        if day[n] == number:
            return n
    return found
