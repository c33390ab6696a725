"""The rows of trends: events, people and sessions, and ratios of them. Sums of properties are the SQL's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from clew import clock
from clew.analyses.asked import field_of, filters
from clew.analyses.engine.asking import Asking, Outside, local, number
from clew.analyses.engine.matching import Values, kinds_of, look_ahead, matched, value, values
from clew.analyses.engine.periods import Hours, first_day, period, pieces_of
from clew.analyses.trends import Params
from clew.predicates import Predicate
from clew.timelines import trends as kernel
from clew.timelines.calendar import Calendar
from clew.timelines.columns import MISSING, Bool, Int32, Int64, Part

_MOST_CELLS = 2_000_000
_NONE = Predicate(alternatives=())


class Periods(NamedTuple):
    """The periods asked for, and those before that they are compared with, each in order: what each is called, whether it is over, its number."""

    now: list[tuple[Any, bool, int]]
    before: list[tuple[Any, bool, int]]
    pieces: Calendar


def rows(asking: Asking, params: Params) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    if params.measure not in ("events", "people", "per_person", "sessions"):
        raise Outside
    periods = _hours(asking, params) if params.interval == "hour" else _whole(asking, params)
    above, below = (Predicate(alternatives=tuple(a for p in filters(texts) for a in p.alternatives)) for texts in (params.event, params.divided_by))
    field = field_of(params.by)
    named = kinds_of(asking, (above, below)) if params.event else tuple(asking.held.kinds)
    look_ahead(asking, (above, below), [value(asking, field, named)])
    by = _broken_down(values(asking, field, named)) if field else None
    groups = kernel.Groups(len(by.text) + 1, by.of_kind if not by.by_event else None, by.by_event) if by else kernel.ALL
    size = max([number for *_, number in (*periods.now, *periods.before)], default=-1) + 1
    if size * groups.size > _MOST_CELLS:
        raise Outside
    match = matched(asking, [above, below])

    def counted(parts: Sequence[Part]) -> Int64:
        both = 2 if params.divided_by else 1
        return kernel.trend(parts, periods.pieces, size, match, predicates=both, any_activity=not params.event, groups=groups)

    if params.measure == "sessions":
        counts = nobody = counted(asking.parts("session"))
    else:
        counts, nobody = counted(asking.parts("person")), counted(asking.held.nobody)
    if params.measure == "events":
        counts[..., 0] += nobody[..., 0]
    return list(_shown(params, periods, counts, by, np.asarray((counts + nobody)[..., 0].any(axis=0))))


def _broken_down(found: Values) -> Values:
    """The same, but events without a value have the last code."""

    def whole(code: Int32) -> Int32:
        return np.where(code == MISSING, np.int32(len(found.text)), code)

    return Values(found.text, whole(found.of_kind), [whole(code) for code in found.by_event])


def _whole(asking: Asking, params: Params) -> Periods:
    days = np.array([number(day) for day in asking.days(params)])
    first, last = (int(n) for n in period(days, params.interval, asking.zone))
    count = last - first + 1 if params.compare else 0
    told = [(first_day(n, params.interval, asking.zone), _is_over(asking, params, n), n - first + count) for n in range(first - count, last + 1)]
    return Periods(told[count:], told[:count], pieces_of(first - count, last, params.interval, asking.zone))


def _is_over(asking: Asking, params: Params, n: int) -> bool:
    return dt.datetime.combine(first_day(n + 1, params.interval, asking.zone), dt.time()) <= asking.local_as_of


def _hours(asking: Asking, params: Params) -> Periods:
    first, last = asking.days(params)
    begins = first - (last - first + dt.timedelta(days=1)) if params.compare else first
    hours = Hours(asking.zone)
    starts, day = hours.within(begins, last)
    every = np.unique(starts)
    previous, now = (np.unique(starts[which]) for which in (day < number(first), day >= number(first)))

    def told(some: Int64) -> list[tuple[Any, bool, int]]:
        return [(local(t), int(t) + clock.HOUR <= asking.data_as_of, int(np.searchsorted(every, t))) for t in some]

    return Periods(told(now), told(previous), hours.pieces(every))


def _shown(params: Params, periods: Periods, counts: Int64, by: Values | None, seen: Bool) -> Iterator[dict[str, Any]]:
    texts = [*by.text, None] if by else [None]
    numbers = [n for *_, n in (*periods.now, *periods.before)]
    there = [code for code in range(len(texts)) if not by or seen[numbers, code].any()]
    there.sort(key=lambda code: (texts[code] is None, (texts[code] or "").encode()))
    for place, (name, over, n) in enumerate(periods.now):
        for code in there:
            row: dict[str, Any] = {"period": name, **({"by_value": texts[code]} if by else {}), "value": _value(params, counts[:, n, code])}
            if params.compare:
                row["previous"] = _value(params, counts[:, periods.before[place][2], code]) if place < len(periods.before) else None
            yield {**row, "complete": over}


def _value(params: Params, cell: Int64) -> float | int | None:
    """Of one period and value: cell[predicate] holds events and units."""
    found = [_measure(params, events, units) for events, units in cell.tolist()]
    if not params.divided_by:
        return found[0]
    return None if found[0] is None or not found[1] else found[0] / found[1]


def _measure(params: Params, events: int, units: int) -> float | int | None:
    if params.measure == "per_person":
        return events / units if units else None
    return events if params.measure == "events" else units
