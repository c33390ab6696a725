"""Retention: of those who were first there in a period, how many are there so many periods later."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta

from clew.analyses import calendar, who
from clew.analyses.asked import Asked, UnitParam, either, fields_of, filters
from clew.analyses.ctes import ORDER, Cte, compose, span, watermark
from clew.analyses.events import events
from clew.analyses.who import parts
from clew.config import Settings
from clew.errors import QueryError

_BRACKET = re.compile(r"(\d+)(?:-(\d+))?")
_ELAPSED = {"day": "24 HOUR", "week": "168 HOUR", "month": "720 HOUR"}


class Params(Asked, frozen=True, kw_only=True):
    """Retention by cohort. The range is that of the cohorts."""

    cohort: Annotated[tuple[str, ...], Meta(description="the event that makes a cohort, at its first ever match. Default: any activity")] = ()
    returning: Annotated[tuple[str, ...], Meta(description="the event that counts as a return. Default: any activity")] = ()
    interval: Annotated[Literal["day", "week", "month"], Meta(description="unit of time")] = "week"
    index: Annotated[
        Literal["calendar", "elapsed"], Meta(description="count calendar periods, or whole 24 hours, 7 or 30 days since the cohort event")
    ] = "calendar"
    count: Annotated[
        Literal["exact", "unbounded", "bracket"], Meta(description="active in the period, in it or later (so far), or in a range of periods")
    ] = "exact"
    bracket: Annotated[tuple[str, ...], Meta(description="a range of periods, such as 1-3; for count bracket")] = ()
    periods: Annotated[int, Meta(description="periods after the cohort's that are shown")] = 12
    unit: UnitParam = "person"
    cell: Annotated[
        tuple[str, ...], Meta(description="instead, list who is behind a number: the first day of a cohort alone, or with the first and last period")
    ] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.count == "bracket") != bool(self.bracket):
            raise ValueError("bracket: expected ranges such as 1-3 with count bracket, and none else")
        if not 0 <= self.periods <= 1000:
            raise ValueError(f"periods: expected 0 to 1000, found {self.periods}")


def sql(params: Params, settings: Settings) -> str:
    """One query: a row a cohort and period, with `size`, `active`, `share` and `complete`; cohort NULL: all complete cells. Raises QueryError."""
    cohort, returning = filters(params.cohort), filters(params.returning)
    named = (*cohort, *returning)
    found = events(
        settings,
        params.unit,
        where=" OR ".join(dict.fromkeys(either(p) or "is_activity" for p in (cohort, returning))),
        reads=fields_of(*named),
        named=named if cohort and returning else None,
    )
    ctes = [watermark(), span(params), *found, *_cohorts(params, settings, either(cohort), either(returning))]
    if params.cell:
        return _who(params, settings, ctes)
    return compose(f"Retention by {params.interval}.", [*ctes, *_cells(params, settings)], _FINAL)


def _who(params: Params, settings: Settings, ctes: list[Cte]) -> str:
    day, *indexes = parts(params.cell, "the first day of a cohort, or that and the first and last period", 1, 3)
    first_day = f"DATE '{who.day(day)}'"
    cohort = f"cohort_period = {calendar.index(first_day, params.interval, settings)}"
    if not indexes:
        return who.listed(f"the cohort of {who.day(day)}", ctes[:-1], f"SELECT unit, entered_at\nFROM cohorts\nWHERE {cohort}", params.unit)
    first, last = map(who.number, indexes)
    active = f"passed >= {first}" if params.count == "unbounded" else f"passed BETWEEN {first} AND {last}"
    found = f"SELECT DISTINCT unit\nFROM returns\nWHERE {cohort} AND {active}"
    return who.listed(f"period {first} to {last} of the cohort of {who.day(day)}", ctes, found, params.unit)


_FINAL = """-- Averages are over complete cells: sum of active / sum of cohort.
SELECT cohort, size, first_index, last_index, active, active / nullif(size, 0) AS share, complete
FROM cells
UNION ALL
SELECT NULL, sum(size), first_index, last_index, sum(active), sum(active) / nullif(sum(size), 0), true
FROM cells
WHERE complete
GROUP BY first_index, last_index
ORDER BY cohort NULLS FIRST, first_index, last_index"""


def _cohorts(params: Params, settings: Settings, cohort: str, returning: str) -> list[Cte]:
    entered = calendar.index("local_time", params.interval, settings)
    passed = f"{calendar.index('e.local_time', params.interval, settings)} - c.cohort_period"
    if params.index == "elapsed":
        micros = f"epoch_us(INTERVAL {_ELAPSED[params.interval]})"
        passed = f"epoch_us(e.model_time - c.entered_at) // {micros}"
    place = f"row({', '.join(f'e.{column}' for column in ORDER.split(', '))})"
    later = f"({returning}) AND {place} > c.place" if returning else f"{place} = c.place OR (is_activity AND {place} > c.place)"
    return [
        Cte(
            "entries",
            "Each unit's first event that makes a cohort.",
            f"""
SELECT unit, model_time AS entered_at, CAST(local_time AS DATE) AS entered_on, {entered} AS cohort_period, row({ORDER}) AS place
FROM events
WHERE {cohort or "is_activity"}
QUALIFY row_number() OVER (PARTITION BY unit ORDER BY {ORDER}) = 1""",
        ),
        Cte(
            "cohorts",
            "Those of the days asked for.",
            "SELECT * FROM entries WHERE entered_on BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)",
        ),
        Cte(
            "returns",
            "In which period after it each was active: " + ("later, by another event." if returning else "at the cohort event itself, or later."),
            f"""
SELECT DISTINCT c.unit, c.cohort_period, {passed} AS passed
FROM events AS e
JOIN cohorts AS c ON c.unit = e.unit
WHERE {later}""",
        ),
    ]


def _cells(params: Params, settings: Settings) -> list[Cte]:
    shown = ", ".join(f"({first}, {last})" for first, last in ranges(params)) if params.bracket else ""
    indexes = f"(VALUES {shown}) AS r (first_index, last_index)" if shown else _INDEXES.format(last=params.periods)
    active = "w.passed >= i.first_index" if params.count == "unbounded" else "w.passed BETWEEN i.first_index AND i.last_index"
    start = calendar.from_index("s.cohort_period", params.interval, settings)
    if params.index == "calendar":
        begins = f"CAST({calendar.from_index('s.cohort_period + i.first_index', params.interval, settings)} AS TIMESTAMP) <= local_as_of"
        over = f"CAST({calendar.from_index('s.cohort_period + i.last_index + 1', params.interval, settings)} AS TIMESTAMP) <= local_as_of"
    else:
        step = f"INTERVAL {_ELAPSED[params.interval]}"
        begins = f"s.first_entry + i.first_index * {step} <= data_as_of"
        over = f"s.last_entry + (i.last_index + 1) * {step} <= data_as_of"
    return [
        Cte(
            "sizes",
            "How many each cohort has.",
            """
SELECT cohort_period, count(*) AS size, min(entered_at) AS first_entry, max(entered_at) AS last_entry
FROM cohorts
GROUP BY cohort_period""",
        ),
        Cte("indexes", "The periods shown, as ranges of their numbers.", f"SELECT first_index, last_index\nFROM {indexes}"),
        Cte(
            "cells",
            "Each cohort in each period that has begun; complete where no member can return in it any more.",
            f"""
SELECT
    {start} AS cohort, s.size, i.first_index, i.last_index,
    count(DISTINCT w.unit) AS active,
    {over} AS complete
FROM sizes AS s
CROSS JOIN indexes AS i
CROSS JOIN watermark
LEFT JOIN returns AS w ON w.cohort_period = s.cohort_period AND {active}
WHERE {begins}
GROUP BY ALL""",
        ),
    ]


_INDEXES = "(SELECT i AS first_index, i AS last_index FROM generate_series(0, {last}) AS series (i)) AS r"


def ranges(params: Params) -> list[tuple[int, int]]:
    """The first and the last period of each column. Raises QueryError for a bracket that is none."""
    return [_bracket(text) for text in params.bracket] or [(n, n) for n in range(params.periods + 1)]


def _bracket(text: str) -> tuple[int, int]:
    match = _BRACKET.fullmatch(text)
    if match is None or int(match[1]) > int(match[2] or match[1]) or int(match[2] or match[1]) > 10_000:
        raise QueryError(f"bracket: expected a range such as 1-3, found {text!r}")
    return int(match[1]), int(match[2] or match[1])
