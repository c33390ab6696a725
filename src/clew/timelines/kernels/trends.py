"""Events by period and group: how many, and of how many units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Any1D, Bool, Int32, Int64, Masks
from clew.timelines.kernels.compiling import borrower
from clew.timelines.kernels.pieces import piece_at


class Events(NamedTuple):
    """The columns that are counted. Predicate 0 and predicate 1 of the masks are counted apart."""

    start: Int64
    skip: Bool
    time: Int64
    kind: Int32
    is_activity: Bool
    by_kind: Masks
    by_event: Any1D
    group_of_kind: Int32
    """For each kind, its group; empty: `group` has them."""
    group: Int32
    """For each event, likewise; both empty: all are of group 0."""


@borrower
def counted(  # noqa: C901 - one pass
    events: Events, any_activity: bool, begin: int, end: int, axis: Axis, first: int, last: int, seen: Int64, out: Int64
) -> None:
    """Add to out[predicate, period, group]: events in [begin, end), and the units that have any. Pieces of the number -1 do not count.

    With `any_activity` predicate 0 is that the event is activity. In `seen` is the last unit that has any; -1: none.
    """
    time, kind, is_activity, by_kind, by_event = events.time, events.kind, events.is_activity, events.by_kind, events.by_event
    group_of_kind, group, own = events.group_of_kind, events.group, len(events.by_event) > 0
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        period, until = np.int64(-1), begin
        for i in range(events.start[u], events.start[u + 1]):
            mask = by_kind[kind[i]]
            if own:
                mask |= np.uint64(by_event[i])
            if any_activity and is_activity[i]:
                mask |= np.uint64(1)
            t = time[i]
            if mask == 0 or t < begin or t >= end:
                continue
            if t >= until:
                piece = piece_at(axis, t)
                period, until = axis.number[piece], axis.start[piece + np.uint64(1)]
            if period < 0:
                continue
            g = group_of_kind[kind[i]] if len(group_of_kind) else (group[i] if len(group) else 0)
            for predicate in range(out.shape[0]):
                if (mask >> np.uint64(predicate)) & np.uint64(1):
                    out[predicate, period, g, 0] += 1
                    if seen[predicate, period, g] != u:
                        seen[predicate, period, g] = u
                        out[predicate, period, g, 1] += 1


@borrower
def kinds_by_day(start: Int64, skip: Bool, time: Int64, kind: Int32, origin: int, length: int, first: int, last: int, out: Int64) -> None:
    """Add to out[day, kind] the events of each day of `length` microseconds from `origin` on."""
    for u in range(first, last):
        if len(skip) and skip[u]:
            continue
        for i in range(start[u], start[u + 1]):
            out[(time[i] - origin) // length, kind[i]] += 1
