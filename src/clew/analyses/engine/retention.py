"""Retention's rows from the table of cohorts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from clew import clock
from clew.analyses.asked import filters
from clew.analyses.engine.asking import Asking, Outside
from clew.analyses.engine.matching import matched
from clew.analyses.engine.periods import first_day
from clew.analyses.retention import Params, ranges
from clew.predicates import Predicate
from clew.timelines import retention as kernel

_NONE = Predicate(alternatives=())
_SPANS = {"day": clock.DAY, "week": 7 * clock.DAY, "month": 30 * clock.DAY}


def rows(asking: Asking, params: Params) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    cohort, returning = (_either(filters(texts)) for texts in (params.cohort, params.returning))
    begin, end = asking.range(params)
    parts = asking.parts(params.unit)
    brackets = tuple(sorted(ranges(params)))
    try:
        asked = kernel.Retention(
            unit=params.interval,
            kind=params.index,
            any_cohort=not params.cohort,
            any_return=not params.returning,
            columns=params.periods + 1,
            unbounded=params.count == "unbounded",
            brackets=brackets if params.count == "bracket" else (),
            begin=begin,
            end=end,
        )
    except ValueError as error:
        raise Outside from error
    found = kernel.retention(parts, asked, asking.zone, asking.data_as_of, matched(asking, [cohort, returning]))
    cells = [cell for n in range(len(found.period)) for cell in _cohort(asking, params, asked, found, n)]
    return [*_averages(cells, brackets), *cells]


def _either(predicates: tuple[Predicate, ...]) -> Predicate:
    return Predicate(alternatives=tuple(a for p in predicates for a in p.alternatives)) if predicates else _NONE


def _cohort(asking: Asking, params: Params, asked: kernel.Retention, found: kernel.Cohorts, n: int) -> Iterator[dict[str, Any]]:
    """The cells of a cohort that have begun."""
    period, size = int(found.period[n]), int(found.size[n])
    for column, (low, high) in enumerate(asked.ranges()):
        if params.index == "elapsed":
            span = _SPANS[params.interval]
            begins = found.earliest[n] + low * span <= asking.data_as_of
            over = found.latest[n] + (high + 1) * span <= asking.data_as_of
        else:
            begins, over = (_midnight(asking, params, period + after) <= asking.local_as_of for after in (low, high + 1))
        if begins:
            active = int(found.cells[n, column])
            yield _cell(first_day(period, params.interval, asking.zone), size, low, high, active, bool(over))


def _midnight(asking: Asking, params: Params, period: int) -> dt.datetime:
    return dt.datetime.combine(first_day(period, params.interval, asking.zone), dt.time())


def _averages(cells: list[dict[str, Any]], brackets: tuple[tuple[int, int], ...]) -> Iterator[dict[str, Any]]:
    for low, high in brackets:
        over = [cell for cell in cells if cell["complete"] and cell["first_index"] == low and cell["last_index"] == high]
        if over:
            yield _cell(None, sum(cell["size"] for cell in over), low, high, sum(cell["active"] for cell in over), True)


def _cell(cohort: dt.date | None, size: int, low: int, high: int, active: int, complete: bool) -> dict[str, Any]:
    return {
        "cohort": cohort,
        "size": size,
        "first_index": low,
        "last_index": high,
        "active": active,
        "share": active / size if size else None,
        "complete": complete,
    }
