"""Days put together to days, weeks or months, within a range."""

from __future__ import annotations

import datetime as dt
from typing import Literal, NamedTuple

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")
WEEK_SHIFT = {"monday": 0, "sunday": 1, "saturday": 2}
"""How many days before Monday a week starts."""
_DAY = dt.timedelta(days=1)


class Period(NamedTuple):
    """`starts` and `ends` are its own first and last day, `first` and `last` those of its days that lie in the range."""

    starts: dt.date
    ends: dt.date
    first: dt.date
    last: dt.date

    @property
    def is_whole(self) -> bool:
        """Whether all its days lie in the range."""
        return self.starts == self.first and self.ends == self.last


def periods(first: dt.date, last: dt.date, grain: Grain, week_starts: str) -> tuple[Period, ...]:
    """Those that the days from `first` to `last` lie in, in order."""
    found = []
    starts = _start(first, grain, WEEK_SHIFT[week_starts])
    while starts <= last:
        ends = _end(starts, grain)
        found.append(Period(starts, ends, max(starts, first), min(ends, last)))
        starts = ends + _DAY
    return tuple(found)


def _start(day: dt.date, grain: Grain, week_shift: int) -> dt.date:
    if grain == "month":
        return day.replace(day=1)
    return day - ((day.weekday() + week_shift) % 7) * _DAY if grain == "week" else day


def _end(starts: dt.date, grain: Grain) -> dt.date:
    if grain == "month":
        return (starts + 31 * _DAY).replace(day=1) - _DAY
    return starts + 6 * _DAY if grain == "week" else starts
