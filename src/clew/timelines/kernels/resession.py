"""Sessions under another inactivity timeout, counted by local day in one pass."""

from __future__ import annotations

from typing import NamedTuple

from clew.timelines.columns import Any1D, Bool, Int32, Int64
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.pieces import piece_of


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


@kernel
def sessions(events: Events, timeout: int, settle: int, piece_start: Int64, day: Int64, first: int, last: int, out: Int64) -> None:
    """Add to out[day]: sessions that start on it, how many of these bounced, and their durations' sum.

    A session bounces if its weights' sum is at most 1, or with a `settle` of 0 or more if nothing came later than that after its first event.
    """
    time, is_activity, kind = events.time, events.is_activity, events.kind
    ignored, weights = events.ignored, events.weight
    ignoring, weighing = len(ignored) > 0, len(weights) > 0
    for u in range(first, last):
        if len(events.skip) and events.skip[u]:
            continue
        open_, begun, latest, weight, piece = False, 0, 0, 0, 0
        for i in range(events.start[u], events.start[u + 1]):
            if not is_activity[i] or (ignoring and ignored[kind[i]]):
                continue
            t = time[i]
            if not open_ or t - latest > timeout:
                if open_:
                    piece = _close(begun, latest, weight, settle, piece_start, day, piece, out)
                open_, begun, weight = True, t, 0
            weight += weights[kind[i]] if weighing else 1
            latest = t
        if open_:
            _close(begun, latest, weight, settle, piece_start, day, piece, out)


@kernel
def _close(begun: int, latest: int, weight: int, settle: int, piece_start: Int64, day: Int64, guess: int, out: Int64) -> int:
    piece = piece_of(piece_start, begun, guess)
    row = day[piece]
    out[row, 0] += 1
    out[row, 1] += (latest - begun <= settle) if settle >= 0 else (weight <= 1)
    out[row, 2] += latest - begun
    return piece
