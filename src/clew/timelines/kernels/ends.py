"""From when to when there are events."""

from __future__ import annotations

from clew.timelines.columns import Int64
from clew.timelines.kernels.compiling import borrower


@borrower
def ends(start: Int64, time: Int64, first: int, last: int, earliest: int, latest: int) -> tuple[int, int]:
    """The time of the first and of the last event of these units, whose events are in order; `earliest` and `latest` if they have none."""
    for u in range(first, last):
        a, b = start[u], start[u + 1]
        if a < b:
            earliest, latest = min(earliest, time[a]), max(latest, time[b - 1])
    return earliest, latest
