"""Finding the piece of the time axis that holds an instant."""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Int64
from clew.timelines.kernels.compiling import kernel

_NEAR = 8


@kernel
def piece_of(start: Int64, t: int, guess: int) -> int:
    """The piece that holds `t`; `guess` is that of an event just before it, or any other."""
    if start[guess] <= t:
        for near in range(guess, min(guess + _NEAR, len(start) - 1)):
            if t < start[near + 1]:
                return near
    return int(np.searchsorted(start, t, "right")) - 1


@kernel
def piece_before(start: Int64, t: int, guess: int) -> int:
    """The piece that holds `t`; `guess` is that of an event just after it, or any other."""
    if t < start[guess + 1]:
        for near in range(guess, max(guess - _NEAR, 0) - 1, -1):
            if start[near] <= t:
                return near
    return int(np.searchsorted(start, t, "right")) - 1
