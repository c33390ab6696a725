"""Funnels: which level each unit reaches, and where its reported attempt lies. Everything a report shows of a funnel follows from these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np

from clew.timelines.axis import NO_AXIS, Axis, axis
from clew.timelines.blocks import run
from clew.timelines.calendar import ALWAYS, Zone, spanning
from clew.timelines.columns import Any1D, Int8, Int32, Int64, Match, Part, fixed

if TYPE_CHECKING:
    from clew.timelines.kernels.funnel import Sort
    from clew.timelines.kernels.ordered import Events, Found, Rules

MOST_PREDICATES = 63
_ACTIVITY = 1 << 63
"""The bit of activity, as kernels have it."""


class Exclusion(msgspec.Struct, frozen=True):
    """No event of its predicate between the events of two steps, counted from 1."""

    after: int
    before: int


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """A funnel over predicates: bit n of a match is step n + 1, and after the steps come the exclusions, in their order. Times in microseconds."""

    steps: int
    within: int
    """From the first step to the last, inclusive."""
    order: Literal["ordered", "strict", "consecutive", "any"] = "ordered"
    begin: int = -ALWAYS
    """An attempt starts in [begin, end)."""
    end: int = ALWAYS
    exclusions: tuple[Exclusion, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_PREDICATES - len(self.exclusions):
            raise ValueError(f"funnel: expected 1 to {MOST_PREDICATES} steps and exclusions together, found {self.steps} and {len(self.exclusions)}")
        if not 0 <= self.within < ALWAYS:
            raise ValueError(f"funnel: expected a window of 0 microseconds or more, found {self.within}")
        for each in self.exclusions:
            if self.order == "any" or not 1 <= each.after < each.before <= self.steps:
                raise ValueError(f"funnel: expected an exclusion between two of {self.steps} steps that have an order, found {each} ({self.order})")


class Attempts(NamedTuple):
    """The reported attempt of each unit that reached level 1 or more, in stored order."""

    part: Int32
    """Place of the part among the parts that were asked."""
    unit: Int32
    level: Int8
    at: Int32
    """Position in the part of the event of each step; MISSING beyond the level. In any order: of the attempt's events, in theirs."""

    def some(self, which: Any1D) -> Attempts:
        """Some of them: a mask, or their places."""
        return Attempts(self.part[which], self.unit[which], self.level[which], self.at[which])

    def reached(self) -> Int64:
        """How many units reached each step or a later one."""
        return np.array([(self.level >= step).sum() for step in range(1, self.at.shape[1] + 1)], np.int64)

    def gather(self, columns: Sequence[Any1D], step: int) -> Any1D:
        """The value in a column (one array a part) of each attempt's event of the step, from 1, for the units that reached it."""
        if step == 1:
            return _of_parts(columns, self.part, self.at[:, 0])
        there = np.flatnonzero(self.level >= step)
        return _of_parts(columns, self.part[there], self.at[there, step - 1])

    def people(self, parts: Sequence[Part]) -> Int64:
        """The person of each unit."""
        return _of_parts([part.person for part in parts], self.part, self.unit)

    def between(self, parts: Sequence[Part], begun: Int64, order: Int64 | None = None) -> list[Between]:
        """For each step from the second, how long it took from the step before. `begun`: when each attempt did; `order`: of the attempts."""
        times = [part.time for part in parts]
        level, before, number = (self.level, begun, None) if order is None else (self.level[order], begun[order], None)
        found: list[Between] = []
        for step in range(1, self.at.shape[1]):
            reached = np.flatnonzero(level > step)
            number = reached if number is None else number[reached]
            place = number if order is None else order[number]
            now = _of_parts(times, self.part[place], self.at[place, step])
            found.append(Between(number, np.asarray(now - before[reached])))
            level, before = level[reached], now
        return found


class Between(NamedTuple):
    """The attempts that reach a step, by their number in an order."""

    number: Int64
    micros: Int64
    """From the step before."""


def _of_parts(columns: Sequence[Any1D], parts: Int32, rows: Int32) -> Any1D:
    """From the column of each row's part its value there, in the order of the rows."""
    if len(columns) == 1:
        return np.asarray(columns[0][rows])
    out = np.empty(len(rows), columns[0].dtype)
    for place, column in enumerate(columns):
        here = np.flatnonzero(parts == place)
        out[here] = column[rows[here]]
    return out


def reach(parts: Sequence[Part], match: Match, funnel: Funnel, held: Sequence[Any1D] = ()) -> Attempts:
    """The reported attempts. `held`: for each part, codes of the property that all steps of an attempt share."""
    from clew.timelines.kernels import funnel as any_sort
    from clew.timelines.kernels import ordered

    def work(place: int, part: Part, first: int, last: int) -> tuple[int, Found]:
        out, common = _results(last - first, funnel.steps), _common(part, place, match, funnel)
        if _is_plain(funnel, held):
            found = ordered.attempts(*common, first, last, ordered.room(funnel.steps), out)
        else:
            found = any_sort.attempts(*common, _sort(place, funnel, held, NO_AXIS), first, last, out)
        return place, ordered.Found(out.unit[:found], out.level[:found], out.at[:found])

    return _attempts(run(parts, work))


def _results(size: int, steps: int) -> Found:
    from clew.timelines.kernels.ordered import Found

    return Found(np.empty(size, np.int32), np.empty(size, np.int8), np.empty((size, steps), np.int32))


def _attempts(found: Sequence[tuple[int, Found]]) -> Attempts:
    places = np.repeat(np.array([place for place, _ in found], np.int32), [len(out.unit) for _, out in found])
    return Attempts(places, *(np.concatenate(columns) for columns in zip(*(out for _, out in found), strict=True)))


def count(parts: Sequence[Part], match: Match, funnel: Funnel, held: Sequence[Any1D] = ()) -> Int64:
    """How many units reached each step or a later one: `reach(...).reached()`, faster where the funnel is plain."""
    if not _is_plain(funnel, held):
        return reach(parts, match, funnel, held).reached()
    from clew.timelines.kernels import ordered

    def work(place: int, part: Part, first: int, last: int) -> Int64:
        counts = np.zeros(funnel.steps + 1, np.int64)
        ordered.levels(*_common(part, place, match, funnel), first, last, ordered.room(funnel.steps), counts)
        return counts

    return np.asarray(np.sum(run(parts, work), axis=0)[::-1].cumsum()[::-1][1:])


class Days(NamedTuple):
    """A series by local day. Each (unit, day of start) counts once, so it does not add up to the total."""

    day: Int64
    """Of each attempt, days since 1970-01-01."""
    attempts: Attempts
    """The reported attempt of each unit and day on which it starts any."""


def by_day(parts: Sequence[Part], match: Match, funnel: Funnel, where: Zone, held: Sequence[Any1D] = ()) -> Days:
    """The reported attempts by unit and day of start."""
    from clew.timelines.kernels import funnel as any_sort

    pieces = spanning(parts, "day", where)
    lowest = int(pieces.number.min())
    days = axis(pieces, lowest)

    def work(place: int, part: Part, first: int, last: int) -> tuple[int, tuple[Found, Int64]]:
        common = _common(part, place, match, funnel)
        if _is_plain(funnel, held):
            return place, _plain_by_day(*common, days, first, last)
        return place, any_sort.by_day(*common, _sort(place, funnel, held, days), first, last)

    found = run(parts, work)
    return Days(np.concatenate([day for _, (_, day) in found]) + lowest, _attempts([(place, out) for place, (out, _) in found]))


def _plain_by_day(events: Events, rules: Rules, days: Axis, first: int, last: int) -> tuple[Found, Int64]:
    from clew.timelines.kernels import days as compiled
    from clew.timelines.kernels.matching import matching
    from clew.timelines.kernels.ordered import Found

    a, b, steps = int(events.start[first]), int(events.start[last]), rules.steps
    place, masks = np.empty(b - a, np.int64), np.empty(b - a, np.uint64)
    size = matching(events.kind, events.by_kind, events.by_event, np.uint64((1 << steps) - 1), a, b, place, masks)
    place, masks = place[:size], masks[:size]
    starts = int(np.count_nonzero(masks & np.uint64(1)))
    out, day = _results(starts, steps), np.empty(starts, np.int64)
    found = compiled.by_day(events, rules, days, first, last, place, masks, np.empty((steps, steps), np.int64), out, day)
    return Found(out.unit[:found][::-1], out.level[:found][::-1], out.at[:found][::-1]), day[:found][::-1]


def nearest_rank(values: Int64, p: float) -> int:
    """The quantile as Clew defines it: the smallest value whose cumulative share is at least `p`. Raises ValueError if there are no values."""
    if not len(values):
        raise ValueError("quantile: expected values, found none")
    rank = max(int(np.ceil(p * len(values) - 1e-9)), 1) - 1
    return int(np.partition(values, rank)[rank])


def _is_plain(funnel: Funnel, held: Sequence[Any1D]) -> bool:
    return funnel.order == "ordered" and not funnel.exclusions and not held


def _common(part: Part, place: int, match: Match, funnel: Funnel) -> tuple[Events, Rules]:
    from clew.timelines.kernels.ordered import Events, Rules

    events = Events(part.start, part.skip, part.time, part.kind, part.is_activity, *match.of(place))
    return events, Rules(funnel.steps, funnel.within, funnel.begin, funnel.end)


def _sort(place: int, funnel: Funnel, held: Sequence[Any1D], days: Axis) -> Sort:
    """A strict or consecutive funnel has an exclusion between each two neighbours: of other steps' events; of activity and all that is named."""
    from clew.timelines.kernels import funnel as any_sort
    from clew.timelines.kernels.rows import Exclusions

    rows = [(1 << (funnel.steps + n), each.after, each.before) for n, each in enumerate(funnel.exclusions)]
    for step in range(1, funnel.steps):
        if funnel.order == "strict":
            rows.append((((1 << funnel.steps) - 1) & ~(1 << (step - 1)), step, step + 1))
        elif funnel.order == "consecutive":
            rows.append((_ACTIVITY | ((1 << (funnel.steps + len(funnel.exclusions))) - 1), step, step + 1))
    bits, after, before = zip(*rows, strict=True) if rows else ((), (), ())
    exclusions = Exclusions(fixed(np.array(bits, np.uint64), np.uint64), fixed(after, np.int64), fixed(before, np.int64))
    codes = fixed(held[place], np.int32) if held else fixed((), np.int32)
    return any_sort.Sort(funnel.order == "any", exclusions, codes, days)
