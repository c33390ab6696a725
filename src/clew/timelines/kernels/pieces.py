"""Finding the piece of the time axis that holds an instant."""

from __future__ import annotations

import numpy as np

from clew.timelines.axis import Axis
from clew.timelines.kernels.compiling import borrower


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
