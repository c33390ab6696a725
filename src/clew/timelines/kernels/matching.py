"""Which events match.

Where few do, nothing foretells which, and a processor that guesses is wrong at each. So every event is put down, and counted only if it matches:
there is nothing to guess.
"""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Any1D, Int32, Int64, Masks
from clew.timelines.kernels.compiling import borrower

STRETCH = 256
"""So many events, of whichever units, are looked at before what matches of them is worked on: what is put down stays near the processor."""


@borrower
def matching(kind: Int32, by_kind: Masks, by_event: Any1D, wanted: np.uint64, a: int, b: int, at: Int64, mask: Masks) -> int:
    """Put those of the events a to b that match something wanted into `at` and `mask`, and return how many these are."""
    size = 0
    if len(by_event):
        for i in range(a, b):
            found = (by_kind[kind[i]] | np.uint64(by_event[i])) & wanted
            at[size], mask[size] = i, found
            size += found != 0
    else:
        for i in range(a, b):
            found = by_kind[kind[i]] & wanted
            at[size], mask[size] = i, found
            size += found != 0
    return size
