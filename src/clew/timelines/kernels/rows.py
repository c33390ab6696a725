"""One unit's events that a funnel of any sort looks at, and their groups by held value. The scratch arrays are made once a block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.columns import Any1D, Int32, Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Events, Rules
from clew.timelines.kernels.pieces import piece_of


class Exclusions(NamedTuple):
    """Between which steps (from 1) which predicates may not hold: bits of the mask, where ACTIVITY is that the event is one."""

    bits: Masks
    after: Int64
    before: Int64


class Rows(NamedTuple):
    """The events that match a step, in order."""

    at: Int64
    """Position of the event."""
    mask: Masks
    day: Int64
    """Where the event may start an attempt, the day on which it does (0 where days do not matter); else MISSING."""
    value: Int32
    """The held value; 0 where none is held."""
    excluded: Any1D
    """For each exclusion, the position of the last excluded event before this one; MISSING: none."""
    order: Int64
    """Row numbers, by held value and then in order."""


class Days(NamedTuple):
    """Pieces of the time axis and the day of each, from 0 (see `calendar`); no pieces where days do not matter."""

    start: Int64
    number: Int64


@kernel
def scratch(events: Events, exclusions: Exclusions, first: int, last: int) -> Rows:
    """Room for any unit of the block."""
    most = 0
    for u in range(first, last):
        most = max(most, events.start[u + 1] - events.start[u])
    integers = np.empty((3, most), np.int64)
    return Rows(
        integers[0], np.empty(most, np.uint64), integers[1], np.empty(most, np.int32), np.empty((most, len(exclusions.bits)), np.int64), integers[2]
    )


@kernel
def collect(events: Events, rules: Rules, exclusions: Exclusions, held: Int32, days: Days, u: int, rows: Rows) -> int:
    """Fill `rows` with the unit's events that match a step, and return how many these are."""
    size, piece = 0, 0
    all_steps = (np.uint64(1) << np.uint64(rules.steps)) - np.uint64(1)
    latest = np.full(len(exclusions.bits), -1, np.int64)
    for i in range(events.start[u], events.start[u + 1]):
        mask = events.by_kind[events.kind[i]]
        if len(events.by_event):
            mask |= np.uint64(events.by_event[i])
        if events.is_activity[i]:
            mask |= np.uint64(1) << np.uint64(63)
        if mask & all_steps:
            t = events.time[i]
            rows.at[size] = i
            rows.mask[size] = mask
            rows.value[size] = held[i] if len(held) else 0
            rows.day[size] = -1
            if rules.begin <= t < rules.end and rows.value[size] >= 0:
                rows.day[size] = 0
                if len(days.number):
                    piece = piece_of(days.start, t, piece)
                    rows.day[size] = days.number[piece]
            rows.excluded[size, :] = latest
            size += 1
        for e in range(len(latest)):
            if mask & exclusions.bits[e]:
                latest[e] = i
    return size


@kernel
def group(held: Int32, rows: Rows, size: int) -> None:
    """Order the rows by held value."""
    if len(held):
        rows.order[:size] = np.argsort(rows.value[:size], kind="mergesort")
    else:
        for r in range(size):
            rows.order[r] = r
