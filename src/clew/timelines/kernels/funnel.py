"""Funnels of any sort over a block of units: by held value, with exclusions, in any order, and by day."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Int32, Int64
from clew.timelines.kernels.any_order import Set, any_order, largest
from clew.timelines.kernels.chains import chains
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Events, Found, Rules
from clew.timelines.kernels.rows import Exclusions, Rows, collect, results, wider

_LONGEST_DAY = 2 * 86_400_000_000
"""More than any: from the first instant of a local day to its last."""


class Sort(NamedTuple):
    """What sort of funnel it is, beside its rules."""

    in_any_order: bool
    exclusions: Exclusions
    held: Int32
    """The held value of each event; empty: none is held."""
    days: Axis
    """The day of each piece, from 0; no pieces where days do not matter."""


class Room(NamedTuple):
    """For any unit."""

    chain: Int64
    kept: Set
    best: Int64
    """The reported attempt of some rows."""


@kernel
def _room(steps: int) -> Room:
    return Room(np.empty((steps, steps), np.int64), largest(steps), np.empty(steps, np.int64))


@kernel
def attempts(events: Events, rules: Rules, sort: Sort, first: int, last: int, out: Found) -> int:
    """As `ordered.attempts`, for any sort."""
    room, rows, found = _room(rules.steps), collect(events, rules, sort.exclusions, sort.held, sort.days, first, last), 0
    begin, value, units, levels = rows.begin, rows.value, out.unit, out.level
    for unit in range(last - first):
        a, end = begin[unit], begin[unit + 1]
        if a == end:
            continue
        levels[found] = 0
        while a < end:
            b = _group_end(value, a, end)
            _put(_level(rows, a, b, 0, events.time, rules, sort, room), room.best, out, found)
            a = b
        if levels[found]:
            units[found] = first + unit
            found += 1
    return found


@kernel
def by_day(events: Events, rules: Rules, sort: Sort, first: int, last: int) -> tuple[Found, Int64]:
    """As `attempts`, for each unit and day on which attempts start, and these days."""
    room, rows = _room(rules.steps), collect(events, rules, sort.exclusions, sort.held, sort.days, first, last)
    found, day, out = 0, np.empty(len(rows.at), np.int64), results(1024, rules.steps)
    for unit in range(last - first):
        a, end, begun = rows.begin[unit], rows.begin[unit + 1], found
        while found + end - a > len(out.unit):
            out = wider(out)
        while a < end:
            b = _group_end(rows.value, a, end)
            found = _days_of_group(rows, a, b, events.time, rules, sort, room, out, day, begun, found)
            a = b
        out.unit[begun:found] = first + unit
    return Found(out.unit[:found], out.level[:found], out.at[:found]), day[:found]


@kernel
def _put(level: int, attempt: Int64, out: Found, n: int) -> None:
    """Keep the attempt as result `n` if it reaches a higher level than the one there, or the same level sooner."""
    if level > out.level[n] or (level and level == out.level[n] and attempt[level - 1] < out.at[n, level - 1]):
        out.level[n] = level
        for k in range(len(attempt)):
            out.at[n, k] = attempt[k] if k < level else -1


@kernel
def _days_of_group(
    rows: Rows, a: int, b: int, time: Int64, rules: Rules, sort: Sort, room: Room, out: Found, days: Int64, begun: int, found: int
) -> int:
    """Put the attempts of one group among the unit's, which stand from `begun` to before `found`. A day's search ends where its last window does."""
    for row in range(a, b):
        day = rows.day[row]
        if day < 0 or _day_before(rows.day, a, row, day):
            continue
        stop, latest = row + 1, time[rows.at[row]] + _LONGEST_DAY + rules.within
        while stop < b and time[rows.at[stop]] <= latest:
            stop += 1
        level = _level(rows, row, stop, day, time, rules, sort, room)
        n = begun
        while n < found and days[n] != day:
            n += 1
        if n == found and level:
            days[n], out.level[n], found = day, 0, found + 1
        if level:
            _put(level, room.best, out, n)
    return found


@kernel
def _day_before(day: Int64, a: int, row: int, on: int) -> bool:
    """Whether the day has begun in an earlier row: just before, or (where clocks go back over midnight) with one other day between."""
    other = -1
    for earlier in range(row - 1, a - 1, -1):
        if day[earlier] == on:
            return True
        if day[earlier] >= 0 and day[earlier] != other:
            if other >= 0:
                return False
            other = day[earlier]
    return False


@kernel
def _level(rows: Rows, a: int, b: int, day: int, time: Int64, rules: Rules, sort: Sort, room: Room) -> int:
    if sort.in_any_order:
        return any_order(rows.at, rows.mask, rows.day, a, b, day, time, rules, room.kept, room.best)
    return chains(rows.at, rows.mask, rows.day, rows.excluded, a, b, day, time, rules, sort.exclusions, room.chain, room.best)


@kernel
def _group_end(value: Int32, a: int, end: int) -> int:
    """Where the group of rows with the value of row `a` ends; rows without a value are a group that starts nowhere and is passed over."""
    if len(value) == 0:
        return end
    b = a
    while b < end and value[b] == value[a]:
        b += 1
    return b
