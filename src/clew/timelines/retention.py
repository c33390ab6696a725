"""Retention: of the units whose first event fell in a period, how many came back how many periods later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np

from clew import clock
from clew.timelines.axis import axis
from clew.timelines.blocks import run
from clew.timelines.calendar import ALWAYS, Calendar, Unit, Zone, calendar, spanning
from clew.timelines.columns import Bool, Int64, Match, Part, fixed

if TYPE_CHECKING:
    from clew.timelines.kernels import retention as compiled

_BITS = 64
_SPANS = {"day": clock.DAY, "week": 7 * clock.DAY, "month": 30 * clock.DAY}


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Predicate 0 of a match makes the cohort and predicate 1 is the return, unless these are any activity."""

    unit: Unit = "week"
    kind: Literal["calendar", "elapsed"] = "calendar"
    any_cohort: bool = True
    any_return: bool = True
    columns: int = 12
    """Indexes from 0 to before this, one a column, where there are no brackets."""
    unbounded: bool = False
    """A unit counts in every index up to its last return: so far."""
    brackets: tuple[tuple[int, int], ...] = ()
    """Instead of one index a column, ranges of indexes, both ends included, that do not overlap: (0, 0), (1, 3), (4, 7)."""
    first: int = -ALWAYS
    """Cohort periods from `first` to before `last`, counted since the one that holds 1970-01-01."""
    last: int = ALWAYS
    begin: int = -ALWAYS
    """And cohort events in [begin, end)."""
    end: int = ALWAYS

    def __post_init__(self) -> None:
        if self.brackets and self.unbounded:
            raise ValueError("retention: expected brackets or an unbounded count, found both")
        ranges = sorted(self.ranges())
        ends = [-1, *(high for _, high in ranges)]
        if not ranges or any(not before < low <= high for before, (low, high) in zip(ends, ranges, strict=False)):
            raise ValueError(f"retention: expected ranges of indexes from 0 on that do not overlap, found {list(self.ranges())}")

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The first and last index of each column."""
        return self.brackets or tuple((n, n) for n in range(self.columns))


class Cohorts(NamedTuple):
    """A row for each cohort that has units."""

    period: Int64
    size: Int64
    earliest: Int64
    """The first cohort event of each."""
    latest: Int64
    cells: Int64
    """Units of the cohort that came back, by column."""
    complete: Bool
    """Whether the last instant at which a member could return in the cell was at or before `data_as_of` (unbounded: in the cell itself)."""

    def averages(self) -> tuple[Int64, Int64]:
        """For each column, over complete cells: the sum of units that came back, and of their cohorts."""
        return (self.cells * self.complete).sum(axis=0), (self.size[:, None] * self.complete).sum(axis=0)


def retention(parts: Sequence[Part], asked: Retention, where: Zone, data_as_of: int, match: Match | None = None) -> Cohorts:
    """The table. `match` is needed where the cohort or the return is not any activity."""
    from clew.timelines.kernels import retention as compiled
    from clew.timelines.kernels.ordered import Events

    predicates = match or Match(np.zeros(1, np.uint64))
    pieces = spanning(parts, asked.unit, where)
    lowest = int(pieces.number.min())
    times, periods = axis(pieces, lowest), int(pieces.number.max()) - lowest + 1

    def count(columns: range) -> compiled.Table:
        """Of these columns, as many as a mask has bits."""
        rules = _rules(asked, lowest, columns)

        def work(place: int, part: Part, first: int, last: int) -> compiled.Table:
            events = Events(part.start, part.skip, part.time, part.kind, part.is_activity, *predicates.of(place))
            cells = np.zeros((periods, len(columns)), np.int64)
            table = compiled.Table(np.zeros(periods, np.int64), np.full(periods, ALWAYS), np.full(periods, -ALWAYS), cells)
            compiled.cohorts(events, rules, times, first, last, table)
            return table

        return _added(run(parts, work))

    every = range(len(asked.ranges()))
    tables = [count(every[n : n + _BITS]) for n in every[::_BITS]] if not asked.unbounded else [count(every)]
    size, earliest, latest, _ = tables[0]
    cells = np.concatenate([table.cells for table in tables], axis=1)
    if asked.unbounded:
        cells = cells[:, ::-1].cumsum(axis=1)[:, ::-1]
    there = np.flatnonzero(size)
    complete = _complete(asked, there + lowest, latest[there], pieces, where, data_as_of)
    return Cohorts(there + lowest, size[there], earliest[there], latest[there], cells[there], complete)


def _added(tables: Sequence[compiled.Table]) -> compiled.Table:
    """The tables of blocks as one."""
    size, earliest, latest, cells = zip(*tables, strict=True)
    return type(tables[0])(np.sum(size, axis=0), np.min(earliest, axis=0), np.max(latest, axis=0), np.sum(cells, axis=0))


def _rules(asked: Retention, lowest: int, columns: range) -> compiled.Rules:
    from clew.timelines.kernels.retention import Rules

    ranges = asked.ranges()
    bit = np.zeros(max(high for _, high in ranges) + 1, np.uint64)
    for n, column in enumerate(columns):
        low, high = ranges[column]
        bit[low : high + 1] = 0 if asked.unbounded else 1 << n
    span = _SPANS[asked.unit] if asked.kind == "elapsed" else 0
    first, last = (max(min(period, ALWAYS // 2), -ALWAYS // 2) - lowest for period in (asked.first, asked.last))
    return Rules(asked.any_cohort, asked.any_return, span, asked.unbounded, first, last, asked.begin, asked.end, fixed(bit, np.uint64))


def _complete(asked: Retention, periods: Int64, latest: Int64, pieces: Calendar, where: Zone, data_as_of: int) -> Bool:
    """An elapsed cell ends with the window of the cohort's latest member; a calendar cell with its last period."""
    highs = np.array([high for _, high in asked.ranges()], np.int64)
    if asked.kind == "elapsed":
        span = _SPANS[asked.unit]
        return np.asarray(latest[:, None] + (highs + 1) * span - 1 <= data_as_of)
    until = calendar(asked.unit, int(pieces.start[0]), max(data_as_of, int(pieces.start[-2])), where)
    ended = set(until.number.tolist()) - {int(until.number[-1])}
    last_over = max((n for n in ended if until.end(n) - 1 <= data_as_of), default=int(until.number[0]) - 1)
    return np.asarray(periods[:, None] + highs <= last_over)
