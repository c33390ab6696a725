"""Sessions under another inactivity timeout: what the sessions' numbers would be, without making the sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew.timelines.axis import axis
from clew.timelines.blocks import run
from clew.timelines.calendar import Zone, spanning
from clew.timelines.columns import Any1D, Int64, Part, fixed


class Bounce(NamedTuple):
    """When a session has bounced. By default: when it has one event."""

    settle: int = -1
    """0 or more: when nothing came later than so many microseconds after its first event: rule `arrival`."""
    weight: Any1D = np.zeros(0, np.int64)
    """Else, for each kind what it weighs, and a sum of at most 1 is a bounce; empty: 1 each.

    Rule `single_view`: views weigh 1, engagement events 2, others 0.
    """


class Sessions(NamedTuple):
    """Sessions by the local day on which they start, for the days that have one."""

    day: Int64
    """Days since 1970-01-01."""
    sessions: Int64
    bounced: Int64
    duration: Int64
    """Sum of the times from first to last event, microseconds."""


ONE_EVENT = Bounce()


def resession(parts: Sequence[Part], timeout: int, where: Zone, ignored: Any1D | None = None, bounce: Bounce = ONE_EVENT) -> Sessions:
    """Sessions of activity that end when the idle time is greater than `timeout` microseconds, and by no other rule.

    `ignored`: for each kind, whether sessions do not count it.
    """
    from clew.timelines.kernels import resession as compiled

    pieces = spanning(parts, "day", where)
    lowest = int(pieces.number.min())
    times, days = axis(pieces, lowest), int(pieces.number.max()) - lowest + 1
    by_kind = fixed(() if ignored is None else ignored, np.bool_), fixed(bounce.weight, np.int64)

    def work(place: int, part: Part, first: int, last: int) -> Int64:
        out = np.zeros((days, 3), np.int64)
        events = compiled.Events(part.start, part.skip, part.time, part.is_activity, part.kind, *by_kind)
        compiled.sessions(events, timeout, bounce.settle, times, first, last, out)
        return out

    total = np.sum(run(parts, work), axis=0)
    there = np.flatnonzero(total[:, 0])
    return Sessions(there + lowest, total[there, 0], total[there, 1], total[there, 2])
