"""Finding the piece of the time axis that holds an instant."""

from __future__ import annotations

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.columns import Int64
from clew.timelines.kernels.compiling import borrower

_NEAR = 8


@borrower
def piece_of(start: Int64, t: int, guess: int) -> int:
    """The piece that holds `t`; `guess` is that of an event just before it, or any other."""
    if start[guess] <= t:
        for near in range(guess, min(guess + _NEAR, len(start) - 1)):
            if t < start[near + 1]:
                return near
    return int(np.searchsorted(start, t, "right")) - 1


@borrower
def piece_before(start: Int64, t: int, guess: int) -> int:
    """The piece that holds `t`; `guess` is that of an event just after it, or any other."""
    if t < start[guess + 1]:
        for near in range(guess, max(guess - _NEAR, 0) - 1, -1):
            if start[near] <= t:
                return near
    return int(np.searchsorted(start, t, "right")) - 1


@borrower
def piece_at(axis: Axis, t: int) -> np.uint64:
    """The piece that holds `t`, an instant from the axis' first on. As an unsigned number: an index that needs no look at its sign."""
    slot = min(np.uint64((t - axis.origin) >> axis.shift), np.uint64(len(axis.piece) - 1))
    piece = np.uint64(axis.piece[slot])
    # The usual one edge of a slot without a branch, as the processor cannot guess it.
    piece += np.uint64(axis.start[piece + np.uint64(1)] <= t)
    while axis.start[piece + np.uint64(1)] <= t:
        piece += np.uint64(1)
    return piece
