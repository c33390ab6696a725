"""Where sessions begin and end among people's events."""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Bool, Int32, Int64
from clew.timelines.kernels.compiling import borrower


@borrower
def session_runs(
    start: Int64, person: Int64, skip: Bool, session: Int32, first: int, last: int, begin: Int64, whose: Int64, outside: Bool, found: int
) -> bool:
    """Cut people's events where the session changes: fill, from `found` on, where each run begins, whose it is, and whether it is to be passed over.

    Returns whether each session comes in one run of its person.
    """
    apart = True
    for u in range(first, last):
        highest, before, skipped = -1, -2, len(skip) > 0 and skip[u]
        for i in range(np.uint64(start[u]), np.uint64(start[u + 1])):
            number = session[i]
            if number == before:
                continue
            begin[found], whose[found], outside[found] = i, person[u], skipped or number < 0
            found += 1
            apart &= number < 0 or number > highest
            highest, before = max(highest, number), number
    return apart


@borrower
def session_runs_size(start: Int64, session: Int32, first: int, last: int) -> int:
    """How many runs `session_runs` finds."""
    found = 0
    for i in range(np.uint64(start[first]) + np.uint64(1), np.uint64(start[last])):
        found += session[i] != session[i - np.uint64(1)]
    # Where somebody's events begin there is a run, also one of the session number of those before, such as none.
    for u in range(first, last):
        i = start[u]
        found += i < start[u + 1] and (i == start[first] or session[i] == session[i - 1])
    return found
