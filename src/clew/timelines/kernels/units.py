"""Where sessions begin and end among people's events.

Positions are unsigned: for signed ones it is looked at each time whether they count from the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clew.timelines.columns import Any1D, Bool, Int32, Int64
from clew.timelines.kernels.compiling import lean_kernel

_1 = np.uint64(1)


@lean_kernel
def session_runs_size(start: Any1D, session: Int32, first: int, last: int) -> int:
    """How many runs `session_runs` finds."""
    found = 0
    for u in range(first, last):
        found += start[u] < start[u + 1]
        for i in range(start[u] + _1, start[u + 1]):
            found += session[i] != session[i - _1]
    return found


@lean_kernel
def session_runs(start: Any1D, person: Int64, skip: Bool, session: Int32, first: int, last: int, begin: Any1D, owner: Int64, outside: Bool) -> bool:
    """Cut people's events where the session changes: fill where each run begins, whose it is, and whether it is to be passed over.

    `begin` has room for one more. Returns whether each session comes in one run of its person.
    """
    found, apart = np.uint64(0), True
    for u in range(first, last):
        own = found
        found = _begins(start[u], start[u + 1], session, begin, found)
        skipped, highest = len(skip) > 0 and skip[u], -1
        for run in range(own, found):
            number = session[begin[run]]
            owner[run], outside[run] = person[u], skipped or number < 0
            if number >= 0:
                apart &= number > highest
                highest = max(highest, number)
    return apart


@lean_kernel
def _begins(a: Any, b: Any, session: Int32, begin: Any1D, found: Any) -> Any:
    """Each event is written down as a beginning, over the one before it if that was none: which it is cannot be foretold."""
    if a < b:
        begin[found] = a
        found += _1
    for i in range(a + _1, b):
        begin[found] = i
        found += np.uint64(session[i] != session[i - _1])
    return found
