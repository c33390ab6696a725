"""Cohorts and returns in one pass: of each unit a mask with a bit for each column in which it came back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Int64, Masks
from clew.timelines.kernels.compiling import borrower
from clew.timelines.kernels.ordered import Events
from clew.timelines.kernels.pieces import piece_at

COHORT, RETURN = np.uint64(1), np.uint64(2)
_ONE = np.uint64(1)


class Rules(NamedTuple):
    """Predicate 0 makes the cohort and predicate 1 is the return, unless these are any activity."""

    any_cohort: bool
    any_return: bool
    span: int
    """Length of an elapsed unit; 0: calendar units."""
    unbounded: bool
    first: int
    """Cohorts from this period to before `last`."""
    last: int
    begin: int
    """Cohort events in [begin, end)."""
    end: int
    bit: Masks
    """For each index from 0, the bit of the column of the table that it counts in; 0: none."""


class Table(NamedTuple):
    """By cohort period: units, the times of the first and the latest cohort event, and units by column (unbounded: by the last column)."""

    size: Int64
    earliest: Int64
    latest: Int64
    cells: Int64


@borrower
def cohorts(events: Events, rules: Rules, axis: Axis, first: int, last: int, table: Table) -> None:
    """Add the units of the block to the table."""
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        i, end = np.uint64(events.start[u]), np.uint64(events.start[u + 1])
        while i < end and not _is(events, i, rules.any_cohort, COHORT):
            i += _ONE
        if i == end or not rules.begin <= events.time[i] < rules.end:
            continue
        piece = piece_at(axis, events.time[i])
        cohort = axis.number[piece]
        if rules.first <= cohort < rules.last:
            mask, top = _elapsed(events, rules, i, end) if rules.span else _calendar(events, rules, axis, i, end, piece)
            _count(table, rules, cohort, events.time[i], mask, top)


@borrower
def _is(events: Events, i: int | np.uint64, any_activity: bool, bit: np.uint64) -> bool:
    """Whether the event is activity, or matches the predicate."""
    if any_activity:
        return bool(events.is_activity[i])
    mask = events.by_kind[events.kind[i]]
    if len(events.by_event):
        mask |= np.uint64(events.by_event[i])
    return bool((mask & bit) != np.uint64(0))


@borrower
def _calendar(events: Events, rules: Rules, axis: Axis, i: np.uint64, end: np.uint64, piece: np.uint64) -> tuple[np.uint64, int]:
    """The bits of the columns in which the unit whose cohort event is `i` came back, and the highest index in which it did; MISSING: in none.

    Once a period is marked, its other events are passed over by their time alone.
    """
    cohort, mask, top, until = axis.number[piece], np.uint64(0), -1, events.time[i]
    if rules.any_return:
        mask, top, until = rules.bit[0], 0, axis.start[piece + _ONE]
    for j in range(i + _ONE, end):
        t = events.time[j]
        if t >= until and _is(events, j, rules.any_return, RETURN):
            piece = piece_at(axis, t)
            index, until = axis.number[piece] - cohort, axis.start[piece + _ONE]
            top = max(top, index)
            if 0 <= index < len(rules.bit):
                mask |= rules.bit[index]
    return mask, top


@borrower
def _elapsed(events: Events, rules: Rules, i: np.uint64, end: np.uint64) -> tuple[np.uint64, int]:
    """As `_calendar`, by whole spans since the cohort event."""
    begun, mask, top, until = events.time[i], np.uint64(0), -1, events.time[i]
    if rules.any_return:
        mask, top, until = rules.bit[0], 0, begun + rules.span
    for j in range(i + _ONE, end):
        t = events.time[j]
        if t >= until and _is(events, j, rules.any_return, RETURN):
            top = (t - begun) // rules.span
            until = begun + (top + 1) * rules.span
            if top < len(rules.bit):
                mask |= rules.bit[top]
    return mask, top


@borrower
def _count(table: Table, rules: Rules, cohort: int, begun: int, mask: np.uint64, top: int) -> None:
    """Add a unit to its cohort."""
    table.size[cohort] += 1
    table.earliest[cohort] = min(table.earliest[cohort], begun)
    table.latest[cohort] = max(table.latest[cohort], begun)
    columns = table.cells.shape[1]
    if not rules.unbounded:
        for column in range(columns):
            table.cells[cohort, column] += np.int64((mask >> np.uint64(column)) & _ONE)
    elif top >= 0:
        table.cells[cohort, min(top, columns - 1)] += 1
