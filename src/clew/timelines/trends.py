"""Trends: events by period and group, and how many units have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew import clock
from clew.timelines.axis import axis
from clew.timelines.blocks import run
from clew.timelines.calendar import Calendar
from clew.timelines.columns import MISSING, Any1D, Int64, Match, Part, fixed


class Groups(NamedTuple):
    """What is told apart: codes from 0 to before `size`."""

    size: int = 1
    by_kind: Any1D | None = None
    """The code of each kind."""
    by_event: Sequence[Any1D] = ()
    """Or for each part, the code of each event."""


ALL = Groups()


def trend(
    parts: Sequence[Part],
    pieces: Calendar,
    periods: int,
    match: Match,
    *,
    predicates: int = 1,
    any_activity: bool = False,
    groups: Groups = ALL,
) -> Int64:
    """counts[predicate, period, group, 0]: events; counts[..., 1]: units that have any.

    By the periods 0 to before `periods`, which are the numbers of the pieces; what lies in a piece of number MISSING is not counted.
    Predicate 0 of the match and, with `predicates` = 2, predicate 1; with `any_activity`, predicate 0 is any activity.
    """
    from clew.timelines.kernels import trends as compiled

    inside = np.flatnonzero(pieces.number != MISSING)
    begin, end = (int(pieces.start[inside[0]]), int(pieces.start[inside[-1] + 1])) if len(inside) else (0, 0)
    times = axis(pieces)

    def work(place: int, part: Part, first: int, last: int) -> Int64:
        out = np.zeros((predicates, periods, groups.size, 2), np.int64)
        of_kind = fixed(() if groups.by_kind is None else groups.by_kind, np.int32)
        of_event = fixed(groups.by_event[place] if groups.by_event else (), np.int32)
        events = compiled.Events(part.start, part.skip, part.time, part.kind, part.is_activity, *match.of(place), of_kind, of_event)
        compiled.counted(events, any_activity, begin, end, times, first, last, np.full(out.shape[:3], -1), out)
        return out

    return np.asarray(np.sum(run(parts, work), axis=0))


class Kinds(NamedTuple):
    """counts[day, kind]: events by day of UTC, counted since 1970, from `first` on."""

    first: int
    counts: Int64

    def between(self, first: int, last: int) -> Int64:
        """Events of each kind on the days from `first` to before `last`."""
        low, high = (min(max(day - self.first, 0), len(self.counts)) for day in (first, last))
        return np.asarray(self.counts[low:high].sum(axis=0))


def kinds_by_day(parts: Sequence[Part], kinds: int) -> Kinds:
    """How often each kind was seen on each day."""
    from clew.timelines.kernels import trends as compiled

    whole = [(p, p.start[1:] > p.start[:-1]) for p in parts]
    lows = [int(p.time[p.start[:-1][there]].min()) for p, there in whole if there.any()]
    highs = [int(p.time[p.start[1:][there] - 1].max()) for p, there in whole if there.any()]
    first, last = min(lows, default=0) // clock.DAY, max(highs, default=-1) // clock.DAY

    def work(place: int, part: Part, begin: int, end: int) -> Int64:
        out = np.zeros((last - first + 1, kinds), np.int64)
        compiled.kinds_by_day(part.start, part.skip, part.time, part.kind, first * clock.DAY, clock.DAY, begin, end, out)
        return out

    return Kinds(first, np.sum(run(parts, work), axis=0))
