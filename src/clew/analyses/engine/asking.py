"""One question at one build: its days, its calendar, and the parts of the timeline that have its units."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import duckdb
import numpy as np

from clew import clock
from clew.analyses.asked import Asked
from clew.analyses.ctes import DAYS
from clew.analyses.engine.held import Held
from clew.config import Settings
from clew.timelines.calendar import Zone, calendar, zone
from clew.timelines.columns import Part

EPOCH = dt.date(1970, 1, 1)


class Outside(Exception):
    """Kernels do not do this. The report's SQL does."""


class Asking(NamedTuple):
    """What every report needs to know. Times in microseconds since 1970 UTC."""

    cursor: duckdb.DuckDBPyConnection
    held: Held
    settings: Settings
    data_as_of: int
    most: int | None = None
    """So many rows are enough."""

    @property
    def zone(self) -> Zone:
        """The project's time zone and week."""
        return zone(self.settings.project.timezone, self.settings.project.week_starts)

    @property
    def local_as_of(self) -> dt.datetime:
        """`data_as_of` on the project's clocks."""
        return local(self.data_as_of + clock.offset_at(self.data_as_of, clock.zone(self.settings.project.timezone)))

    def days(self, asked: Asked) -> tuple[dt.date, dt.date]:
        """The first and the last local day asked for."""
        last = asked.last or self.local_as_of.date()
        return asked.first or last - dt.timedelta(days=DAYS - 1), last

    def range(self, asked: Asked) -> tuple[int, int]:
        """The instants of those days, from the first to before the last. Raises Outside where a change of clocks takes them apart."""
        first, last = (number(day) for day in self.days(asked))
        pieces = calendar("day", first * clock.DAY, last * clock.DAY, self.zone)
        inside = np.flatnonzero((pieces.number >= first) & (pieces.number <= last))
        if not len(inside) or inside[-1] - inside[0] + 1 != len(inside):
            raise Outside
        return int(pieces.start[inside[0]]), int(pieces.start[inside[-1] + 1])

    def parts(self, unit: str) -> tuple[Part, ...]:
        """The parts by person or by session. Raises Outside for other units, and where sessions of one person overlap."""
        if unit == "person":
            return self.held.parts
        found = self.held.sessions() if unit == "session" else None
        if found is None:
            raise Outside
        return found


def number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def date(days: int) -> dt.date:
    """The day of that number."""
    return EPOCH + dt.timedelta(days=int(days))


def local(micros: int) -> dt.datetime:
    """Microseconds since 1970 as a time without zone."""
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(micros))
