"""Where sessions begin and end among people's events."""

from __future__ import annotations

from clew.timelines.columns import Bool, Int32, Int64
from clew.timelines.kernels.compiling import kernel


@kernel
def session_runs(start: Int64, skip: Bool, session: Int32, first: int, last: int, begin: Int64, unit: Int64, outside: Bool) -> int:
    """Cut people's events where the session changes: fill where each run begins, whose it is, and whether it is to be passed over.

    Returns how many runs, as -1 - runs if some session comes in more than one run of its person.
    """
    found, again = 0, False
    for u in range(first, last):
        highest, skipped = -1, len(skip) > 0 and skip[u]
        for i in range(start[u], start[u + 1]):
            number = session[i]
            if i > start[u] and number == session[i - 1]:
                continue
            begin[found], unit[found], outside[found] = i, u, skipped or number < 0
            found += 1
            if number >= 0:
                again |= number <= highest
                highest = max(highest, number)
    return -1 - found if again else found


@kernel
def session_runs_size(start: Int64, session: Int32, first: int, last: int) -> int:
    """How many runs `session_runs` finds."""
    found = 0
    for u in range(first, last):
        for i in range(start[u], start[u + 1]):
            found += i == start[u] or session[i] != session[i - 1]
    return found
