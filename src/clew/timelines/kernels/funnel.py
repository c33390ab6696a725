"""Funnels of any sort over a block of units: by held value, with exclusions, in any order, and by day."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.columns import Int32, Int64
from clew.timelines.kernels.any_order import any_order
from clew.timelines.kernels.chains import chains
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Events, Rules
from clew.timelines.kernels.rows import Days, Exclusions, Rows, collect, group, scratch

_LONGEST_DAY = 2 * 86_400_000_000
"""More than any: from the first instant of a local day to its last."""


class Sort(NamedTuple):
    """What sort of funnel it is, beside its rules."""

    in_any_order: bool
    exclusions: Exclusions
    held: Int32
    """The held value of each event; empty: none is held."""
    days: Days


@kernel
def attempts(events: Events, rules: Rules, sort: Sort, first: int, last: int, unit: Int64, at: Int64) -> int:
    """As `ordered.attempts`, for any sort."""
    rows = scratch(events, sort.exclusions, first, last)
    chain, best = np.empty((rules.steps, rules.steps), np.int64), np.empty(rules.steps, np.int64)
    found = 0
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        size = collect(events, rules, sort.exclusions, sort.held, sort.days, u, rows)
        group(sort.held, rows, size)
        level, a = 0, 0
        while a < size:
            b = _group_end(rows, a, size)
            reached = _level(rows, a, b, 0, events, rules, sort, chain, best)
            if reached > level or (reached and reached == level and _is_earlier(best, at[found], level, sort)):
                level = reached
                at[found, :level] = best[:level]
            a = b
        if level:
            unit[found] = u
            at[found, level:] = -1
            found += 1
    return found


@kernel
def _is_earlier(best: Int64, kept: Int64, level: int, sort: Sort) -> bool:
    """Of two attempts of one level: the one that reached it first; in any order the window that begins first."""
    decides = 0 if sort.in_any_order else level - 1
    return bool(best[decides] < kept[decides])


@kernel
def by_day(events: Events, rules: Rules, sort: Sort, first: int, last: int) -> tuple[Int64, Int64, Int64]:
    """As `attempts`, for each unit and day on which attempts start: unit, day, and the steps' positions."""
    rows = scratch(events, sort.exclusions, first, last)
    chain, best = np.empty((rules.steps, rules.steps), np.int64), np.empty(rules.steps, np.int64)
    unit, days, at = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty((1024, rules.steps), np.int64)
    found = 0
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        size, begun, a = collect(events, rules, sort.exclusions, sort.held, sort.days, u, rows), found, 0
        group(sort.held, rows, size)
        while found + size > len(unit):
            unit, days, at = _wider(unit), _wider(days), np.concatenate((at, np.empty_like(at)))
        while a < size:
            b = _group_end(rows, a, size)
            found = _days_of_group(rows, a, b, events, rules, sort, chain, best, begun, found, days, at)
            a = b
        unit[begun:found] = u
    return unit[:found], days[:found], at[:found]


@kernel
def _wider(column: Int64) -> Int64:
    return np.concatenate((column, np.empty_like(column)))


@kernel
def _days_of_group(
    rows: Rows,
    a: int,
    b: int,
    events: Events,
    rules: Rules,
    sort: Sort,
    chain: Int64,
    best: Int64,
    begun: int,
    found: int,
    days: Int64,
    at: Int64,
) -> int:
    """Put the attempts of one group among the unit's, which stand from `begun` to before `found`. A day's search ends where its last window does."""
    for place in range(a, b):
        day = rows.day[rows.order[place]]
        if day < 0 or _day_before(rows, a, place, day):
            continue
        stop, latest = place + 1, events.time[rows.at[rows.order[place]]] + _LONGEST_DAY + rules.within
        while stop < b and events.time[rows.at[rows.order[stop]]] <= latest:
            stop += 1
        level = _level(rows, place, stop, day, events, rules, sort, chain, best)
        if level == 0:
            continue
        n = begun
        while n < found and days[n] != day:
            n += 1
        kept = 0
        while n < found and kept < rules.steps and at[n, kept] >= 0:
            kept += 1
        if level > kept or (level == kept and _is_earlier(best, at[n], level, sort)):
            days[n] = day
            at[n, :level] = best[:level]
            at[n, level:] = -1
            found = max(found, n + 1)
    return found


@kernel
def _day_before(rows: Rows, a: int, place: int, day: int) -> bool:
    """Whether the day has begun in an earlier row: just before, or (where clocks go back over midnight) with one other day between."""
    other = -1
    for earlier in range(place - 1, a - 1, -1):
        found = rows.day[rows.order[earlier]]
        if found == day:
            return True
        if found >= 0 and found != other:
            if other >= 0:
                return False
            other = found
    return False


@kernel
def _level(rows: Rows, a: int, b: int, day: int, events: Events, rules: Rules, sort: Sort, chain: Int64, best: Int64) -> int:
    if sort.in_any_order:
        return any_order(rows, a, b, day, events.time, rules, best)
    return chains(rows, a, b, day, events.time, rules, sort.exclusions, chain, best)


@kernel
def _group_end(rows: Rows, a: int, size: int) -> int:
    """Where the group of rows with the value of row `a` ends; rows without a value are a group that starts nowhere and is passed over."""
    value, b = rows.value[rows.order[a]], a
    while b < size and rows.value[rows.order[b]] == value:
        b += 1
    return b
