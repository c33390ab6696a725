"""Cohorts and returns in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.columns import Any1D, Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Events
from clew.timelines.kernels.pieces import piece_of

COHORT, RETURN = np.uint64(1), np.uint64(2)


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
    column: Int64
    """For each index from 0, the column of the table that it counts in; MISSING: none."""


class Table(NamedTuple):
    """By cohort period: units, the times of the first and the latest cohort event, and units by column (unbounded: by the last column)."""

    size: Int64
    earliest: Int64
    latest: Int64
    cells: Int64


@kernel
def _matches(kind: int, by_kind: Masks, by_event: Any1D, i: int, bit: np.uint64) -> bool:
    """Whether the event matches the predicate."""
    mask = by_kind[kind]
    if len(by_event):
        mask |= np.uint64(by_event[i])
    return bool((mask & bit) != np.uint64(0))


@kernel
def cohorts(events: Events, rules: Rules, piece_start: Int64, number: Int64, first: int, last: int, table: Table) -> None:
    """Add the units of the block to the table."""
    seen = np.full(table.cells.shape[1], -1, np.int64)
    kind, is_activity, by_kind, by_event = events.kind, events.is_activity, events.by_kind, events.by_event
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        i, end = events.start[u], events.start[u + 1]
        while i < end and not (is_activity[i] if rules.any_cohort else _matches(kind[i], by_kind, by_event, i, COHORT)):
            i += 1
        if i == end:
            continue
        if events.time[i] < rules.begin or events.time[i] >= rules.end:
            continue
        piece = piece_of(piece_start, events.time[i], 0)
        cohort = number[piece]
        if cohort < rules.first or cohort >= rules.last:
            continue
        table.size[cohort] += 1
        table.earliest[cohort] = min(table.earliest[cohort], events.time[i])
        table.latest[cohort] = max(table.latest[cohort], events.time[i])
        top = _returns(events, rules, piece_start, number, i, u, piece, seen, table)
        if rules.unbounded and top >= 0:
            table.cells[cohort, min(top, table.cells.shape[1] - 1)] += 1


@kernel
def _returns(events: Events, rules: Rules, piece_start: Int64, number: Int64, i: int, u: int, piece: int, seen: Int64, table: Table) -> int:
    """Mark the units of time in which the unit whose cohort event is `i` came back. Returns the highest index, MISSING if it did not.

    Once a unit of time is marked, its other events are passed over by their time alone.
    """
    time, kind, is_activity, by_kind, by_event = events.time, events.kind, events.is_activity, events.by_kind, events.by_event
    begun, cohort, top = time[i], number[piece], -1
    until = begun
    if rules.any_return:
        top = _mark(u, cohort, 0, top, rules, seen, table)
        until = begun + rules.span if rules.span else piece_start[piece + 1]
    for j in range(i + 1, events.start[u + 1]):
        t = time[j]
        if t < until or not (is_activity[j] if rules.any_return else _matches(kind[j], by_kind, by_event, j, RETURN)):
            continue
        if rules.span:
            index = (t - begun) // rules.span
            until = begun + (index + 1) * rules.span
        else:
            piece = piece_of(piece_start, t, piece)
            index = number[piece] - cohort
            until = piece_start[piece + 1]
        top = _mark(u, cohort, index, top, rules, seen, table)
    return top


@kernel
def _mark(u: int, cohort: int, index: int, top: int, rules: Rules, seen: Int64, table: Table) -> int:
    """Count the unit in the column of this index, once. Returns the highest index so far."""
    if not rules.unbounded and 0 <= index < len(rules.column):
        column = rules.column[index]
        if column >= 0 and seen[column] != u:
            seen[column] = u
            table.cells[cohort, column] += 1
    return max(top, index)
