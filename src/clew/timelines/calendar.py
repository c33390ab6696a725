"""Local days, weeks and months as pieces of the time axis, so that a kernel finds an event's period by comparing integers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from clew import clock
from clew.timelines.blocks import run
from clew.timelines.columns import Int64, Part

Unit = Literal["day", "week", "month"]
ALWAYS = np.iinfo(np.int64).max

_MONDAY = {"monday": 3, "sunday": 4, "saturday": 5}
"""1970 began on a Thursday: so many days before it its week began."""


class Zone(NamedTuple):
    """A time zone: its offset from UTC from each instant on; the first row holds for all time before it too. And the day on which a week starts."""

    instants: Int64
    offsets: Int64
    week_starts: str = "monday"


@functools.lru_cache(maxsize=32)
def zone(name: str, week_starts: str = "monday") -> Zone:
    """The IANA zone `name` of the pinned database."""
    rows = np.array(clock.transitions(clock.zone(name)), np.int64).reshape(-1, 2)
    return Zone(rows[:, 0].copy(), rows[:, 1].copy(), week_starts)


class Calendar(NamedTuple):
    """Pieces of the time axis that each lie in one period. Where clocks go back over midnight, a day has several pieces."""

    start: Int64
    """The instant at which each piece starts; one more entry is later than all time."""
    number: Int64
    """The period of each piece: days, weeks or months since the one that holds 1970-01-01."""

    def end(self, number: int) -> int:
        """The first instant after all of the period `number`. Raises ValueError if the calendar ends before."""
        pieces = np.flatnonzero(self.number == number)
        if not len(pieces) or pieces[-1] + 1 == len(self.number):
            raise ValueError(f"calendar: expected a period from {self.number[0]} to before {self.number[-1]}, found {number}")
        return int(self.start[pieces[-1] + 1])


def calendar(unit: Unit, first: int, last: int, where: Zone) -> Calendar:
    """The pieces that hold the instants from `first` to `last`, and a few periods more on both sides."""
    first, last = first - 70 * clock.DAY, last + 70 * clock.DAY
    rows = range(max(int(np.searchsorted(where.instants, first, "right")) - 1, 0), len(where.instants))
    starts, days = [], []
    for row in rows:
        low = first if row == rows[0] else int(where.instants[row])
        high = min(last, int(where.instants[row + 1])) if row + 1 < len(where.instants) else last
        if low < high:
            offset = int(where.offsets[row])
            local = np.arange((low + offset) // clock.DAY, (high - 1 + offset) // clock.DAY + 1)
            starts.append(np.maximum(local * clock.DAY - offset, low))
            days.append(local)
    number = _numbers(np.concatenate(days), unit, where)
    fresh = np.concatenate([[True], number[1:] != number[:-1]])
    return Calendar(np.append(np.concatenate(starts)[fresh], ALWAYS), number[fresh])


def _numbers(days: Int64, unit: Unit, where: Zone) -> Int64:
    if unit == "month":
        return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return days if unit == "day" else (days + _MONDAY[where.week_starts]) // 7


def spanning(parts: Sequence[Part], unit: Unit, where: Zone) -> Calendar:
    """The calendar that holds all events of these parts."""
    from clew.timelines.kernels.ends import ends

    found = run(parts, lambda _, part, first, last: ends(part.start, part.time, first, last, ALWAYS, -ALWAYS))
    earliest, latest = min(low for low, _ in found), max(high for _, high in found)
    return calendar(unit, earliest, latest, where) if earliest <= latest else calendar(unit, 0, 0, where)
