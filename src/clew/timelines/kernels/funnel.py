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
            if reached > level or (reached and reached == level and best[level - 1] < at[found, level - 1]):
                level = reached
                at[found, :level] = best[:level]
            a = b
        if level:
            unit[found] = u
            at[found, level:] = -1
            found += 1
    return found


@kernel
def by_day(events: Events, rules: Rules, sort: Sort, first: int, last: int, counts: Int64) -> None:
    """Add to counts[day, level - 1] the units whose attempts that start on the day reach exactly that level."""
    rows = scratch(events, sort.exclusions, first, last)
    chain, best = np.empty((rules.steps, rules.steps), np.int64), np.empty(rules.steps, np.int64)
    reached = np.zeros(len(counts), np.int64)
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        size = collect(events, rules, sort.exclusions, sort.held, sort.days, u, rows)
        group(sort.held, rows, size)
        a = 0
        while a < size:
            b = _group_end(rows, a, size)
            _levels_of_days(rows, a, b, events, rules, sort, chain, best, reached)
            a = b
        for r in range(size):
            day = rows.day[r]
            if day >= 0 and reached[day]:
                counts[day, reached[day] - 1] += 1
                reached[day] = 0


@kernel
def _levels_of_days(rows: Rows, a: int, b: int, events: Events, rules: Rules, sort: Sort, chain: Int64, best: Int64, reached: Int64) -> None:
    """Raise reached[day] to the level of the attempts of one group that start on it. A day's search ends where its last window does."""
    for place in range(a, b):
        day = rows.day[rows.order[place]]
        if day < 0 or _day_before(rows, a, place, day):
            continue
        stop, latest = place + 1, events.time[rows.at[rows.order[place]]] + _LONGEST_DAY + rules.within
        while stop < b and events.time[rows.at[rows.order[stop]]] <= latest:
            stop += 1
        reached[day] = max(reached[day], _level(rows, place, stop, day, events, rules, sort, chain, best))


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
