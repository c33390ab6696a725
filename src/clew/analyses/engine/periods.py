"""Periods of the project's calendar as pieces of the time axis, and as days."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from clew import clock
from clew.analyses.calendar import Interval
from clew.analyses.engine.asking import date
from clew.timelines.calendar import ALWAYS, Calendar, Zone, calendar
from clew.timelines.columns import MISSING, Int64

_BEFORE_THURSDAY = {"monday": 3, "sunday": 4, "saturday": 5}


def period(days: Int64, interval: Interval, zone: Zone) -> Int64:
    """The period of each day (days since 1970-01-01): a number that grows by one each day, week, month or quarter."""
    if interval == "day":
        return days
    if interval == "week":
        return np.asarray((days + _BEFORE_THURSDAY[zone.week_starts]) // 7)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // 3) if interval == "quarter" else months


def first_day(number: int, interval: Interval, zone: Zone) -> dt.date:
    """The first day of the period of that number."""
    if interval == "day":
        return date(number)
    if interval == "week":
        return date(7 * number - _BEFORE_THURSDAY[zone.week_starts])
    months = number * 3 if interval == "quarter" else number
    return dt.date(1970 + months // 12, months % 12 + 1, 1)


def pieces_of(first: int, last: int, interval: Interval, zone: Zone) -> Calendar:
    """The time axis cut by the periods `first` to `last`, which have the numbers from 0; MISSING beside them."""
    low, high = (first_day(n, interval, zone) for n in (first, last + 1))
    days = calendar("day", _start(low), _start(high), zone)
    number = period(days.number, interval, zone) - first
    return Calendar(days.start, np.where((number >= 0) & (number <= last - first), number, MISSING))


def _start(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days * clock.DAY


class Hours:
    """Local hours by their start in UTC, since a local hour may come twice."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def offset(self, times: Int64) -> Int64:
        """What local clocks show beside UTC."""
        return np.asarray(self._zone.offsets[np.maximum(np.searchsorted(self._zone.instants, times, "right") - 1, 0)])

    def start(self, times: Int64) -> Int64:
        """The start of the local hour that holds each instant."""
        offset = self.offset(times)
        return np.asarray((times + offset) // clock.HOUR * clock.HOUR - offset)

    def within(self, first: dt.date, last: dt.date) -> tuple[Int64, Int64]:
        """The hours of these local days in order, each by its start; and the local day on which each was met."""
        times = np.arange(_start(first) - clock.DAY, _start(last) + 2 * clock.DAY + 1, 15 * clock.MINUTE)
        day = (times + self.offset(times)) // clock.DAY
        inside = (day >= _start(first) // clock.DAY) & (day <= _start(last) // clock.DAY)
        return self.start(times[inside]), day[inside]

    def pieces(self, hours: npt.NDArray[np.int64]) -> Calendar:
        """The time axis cut by hours (distinct, by their starts, ascending), which have the numbers from 0; MISSING beside them."""
        low, high = int(hours[0]) - clock.DAY, int(hours[-1]) + clock.DAY
        changes = self._zone.instants[(self._zone.instants > low) & (self._zone.instants < high)]
        steps = np.arange(low // clock.HOUR * clock.HOUR, high, 15 * clock.MINUTE)
        starts = np.union1d(steps, changes)
        label = self.start(starts)
        place = np.minimum(np.searchsorted(hours, label), len(hours) - 1)
        number = np.where(hours[place] == label, place, MISSING)
        fresh = np.concatenate([[True], number[1:] != number[:-1]])
        return Calendar(np.append(starts[fresh], ALWAYS), number[fresh])
