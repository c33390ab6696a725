"""Sessions under another inactivity timeout, counted by local day in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Any1D, Bool, Int32, Int64
from clew.timelines.kernels.compiling import borrower
from clew.timelines.kernels.pieces import piece_at


class Events(NamedTuple):
    """The columns that sessions are made of."""

    start: Int64
    skip: Bool
    time: Int64
    is_activity: Bool
    kind: Int32
    ignored: Bool
    """For each kind, whether sessions do not count it; empty: none is ignored."""
    weight: Any1D
    """For each kind, how much it weighs against a bounce; empty: 1 each."""


@borrower
def sessions(events: Events, timeout: int, settle: int, axis: Axis, first: int, last: int, out: Int64) -> None:
    """Add to out[day]: sessions that start on it, how many of these bounced, and their durations' sum.

    A session bounces if its weights' sum is at most 1, or with a `settle` of 0 or more if nothing came later than that after its first event.
    """
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        i, end = np.uint64(events.start[u]), np.uint64(events.start[u + 1])
        while i < end and not _counts(events, i):
            i += np.uint64(1)
        if i == end:
            continue
        begun = latest = events.time[i]
        weight = _weight(events, i)
        for j in range(i + np.uint64(1), end):
            if not _counts(events, j):
                continue
            t = events.time[j]
            if t - latest > timeout:
                _close(begun, latest, weight, settle, axis, out)
                begun, weight = t, 0
            weight += _weight(events, j)
            latest = t
        _close(begun, latest, weight, settle, axis, out)


@borrower
def _counts(events: Events, i: int | np.uint64) -> bool:
    """Whether the event can be one of a session."""
    return bool(events.is_activity[i] and not (len(events.ignored) and events.ignored[events.kind[i]]))


@borrower
def _weight(events: Events, i: int | np.uint64) -> int:
    return int(events.weight[events.kind[i]]) if len(events.weight) else 1


@borrower
def _close(begun: int, latest: int, weight: int, settle: int, axis: Axis, out: Int64) -> None:
    row = axis.number[piece_at(axis, begun)]
    out[row, 0] += 1
    out[row, 1] += (latest - begun <= settle) if settle >= 0 else (weight <= 1)
    out[row, 2] += latest - begun
