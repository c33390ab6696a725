"""Active units by period and what became of them; stickiness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clew.timelines.axis import Axis, axis
from clew.timelines.blocks import run
from clew.timelines.calendar import Calendar, Unit, Zone, spanning
from clew.timelines.columns import Bool, Int64, Part

if TYPE_CHECKING:
    from clew.timelines.kernels.lifecycle import Events

TRAILING_DAYS = 28


class Lifecycle(NamedTuple):
    """A row for each period from the first activity to the one after the last. A unit without activity is in none."""

    period: Int64
    """Periods since the one that holds 1970-01-01."""
    new: Int64
    returning: Int64
    resurrected: Int64
    dormant: Int64
    """Active in the period before and not in this one: to be shown where the period is complete."""
    complete: Bool

    @property
    def active(self) -> Int64:
        """Units with activity in the period."""
        return self.new + self.returning + self.resurrected


def lifecycle(parts: Sequence[Part], unit: Unit, where: Zone, data_as_of: int) -> Lifecycle:
    """What became of the units by period. A period is complete when its last instant is at or before `data_as_of`."""
    from clew.timelines.kernels import lifecycle as compiled

    pieces = spanning(parts, unit, where)
    lowest, periods = _dense(pieces)
    times = axis(pieces, lowest)

    def work(place: int, part: Part, first: int, last: int) -> Int64:
        out = np.zeros((periods + 1, 4), np.int64)
        compiled.lifecycle(_events(part, times), times, first, last, out)
        return out[:periods]

    total = np.sum(run(parts, work), axis=0)
    there = np.flatnonzero(total.any(axis=1))
    rows = np.arange(there[0], there[-1] + 1) if len(there) else there
    complete = np.array([pieces.end(int(period)) - 1 <= data_as_of for period in rows + lowest], np.bool_)
    return Lifecycle(rows + lowest, total[rows, 0], total[rows, 1], total[rows, 2], total[rows, 3], complete)


class Stickiness(NamedTuple):
    """Daily and trailing actives for each day asked for, and how many units were active on how many of these days."""

    day: Int64
    daily: Int64
    trailing: Int64
    """Units active on the day or in the days before it that make 28."""
    histogram: Int64
    """histogram[n]: units active on exactly n of the days; n = 0 counts the units that are known and were not active."""

    def mean(self) -> float | None:
        """Mean over days of daily by trailing actives, of the days that have any; None if none has."""
        there = self.trailing > 0
        return float(np.mean(self.daily[there] / self.trailing[there])) if there.any() else None


def stickiness(parts: Sequence[Part], where: Zone, first: int, last: int) -> Stickiness:
    """Over the local days from `first` to before `last`, counted since 1970-01-01."""
    from clew.timelines.kernels import lifecycle as compiled

    if first >= last:
        raise ValueError(f"stickiness: expected days from first to before last, found {first} to {last}")
    pieces = spanning(parts, "day", where)
    lowest, days = _dense(pieces)
    times = axis(pieces, lowest)

    def work(place: int, part: Part, begin: int, end: int) -> tuple[Int64, Int64]:
        out, histogram = np.zeros((days, 2), np.int64), np.zeros(days + 1, np.int64)
        compiled.stickiness(_events(part, times), times, TRAILING_DAYS, first - lowest, last - lowest, begin, end, out, histogram)
        return out, histogram

    found = run(parts, work)
    daily, change = np.sum([out for out, _ in found], axis=0).T
    asked = np.arange(first, last)
    inside = (asked >= lowest) & (asked < lowest + days)
    both = np.zeros((2, len(asked)), np.int64)
    both[:, inside] = np.stack([daily, change.cumsum()])[:, asked[inside] - lowest]
    histogram = np.zeros(max(len(asked), days) + 1, np.int64)
    histogram[: days + 1] = np.sum([h for _, h in found], axis=0)
    return Stickiness(asked, both[0], both[1], histogram[: len(asked) + 1])


def _dense(pieces: Calendar) -> tuple[int, int]:
    """The first period, and how many there are from it to the last."""
    lowest = int(pieces.number.min())
    return lowest, int(pieces.number.max()) - lowest + 1


def _events(part: Part, times: Axis) -> Events:
    from clew.timelines.kernels.lifecycle import Events

    return Events(part.start, part.skip, part.time, part.is_activity, np.empty(len(times.number) + 1, np.int64))
