"""Lifecycle: new, returning, resurrected and dormant, by period."""
# ruff: noqa: S608 - our own expressions

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from clew.analyses import calendar, who
from clew.analyses.asked import Asked, UnitParam
from clew.analyses.ctes import Cte, compose, span, watermark
from clew.analyses.events import events
from clew.analyses.who import parts
from clew.config import Settings
from clew.errors import QueryError

STATES = ("new", "returning", "resurrected", "dormant")


class Params(Asked, frozen=True, kw_only=True):
    """The lifecycle of those who are active."""

    interval: Annotated[Literal["day", "week", "month"], Meta(description="unit of time")] = "week"
    unit: UnitParam = "person"
    cell: Annotated[tuple[str, ...], Meta(description="instead, list who is behind a number: the first day of a period, and a state")] = ()


def sql(params: Params, settings: Settings) -> str:
    """One query: a row a period with `new`, `returning`, `resurrected` and `dormant` (NULL while the period is not over). Raises QueryError."""
    found = events(settings, params.unit, where="is_activity")
    if params.cell:
        return _who(params, settings, [watermark(), span(params), *found, *_states(params, settings)])
    return compose(f"Lifecycle by {params.interval}.", [watermark(), span(params), *found, *_states(params, settings)], _FINAL)


def _who(params: Params, settings: Settings, ctes: list[Cte]) -> str:
    day, state = parts(params.cell, "the first day of a period and a state", 2)
    if state not in STATES:
        raise QueryError(f"cell: expected a state among {', '.join(STATES)}, found {state!r}")
    period = calendar.index(f"DATE '{who.day(day)}'", params.interval, settings)
    return who.listed(
        f"{state} in the {params.interval} of {who.day(day)}",
        ctes,
        f"SELECT unit\nFROM states\nWHERE period = {period} AND state = '{state}'",
        params.unit,
    )


def _states(params: Params, settings: Settings) -> list[Cte]:
    number = calendar.index("local_time", params.interval, settings)
    start, end = (calendar.from_index(n, params.interval, settings) for n in ("i", "i + 1"))
    first, last = (calendar.index(day, params.interval, settings) for day in ("first_day", "last_day"))
    return [
        Cte("active", "In which periods each was active.", f"SELECT DISTINCT unit, {number} AS period\nFROM events"),
        Cte(
            "with_before",
            "Each such period, with the one before it and the one after it in which the same was active.",
            """
SELECT
    unit, period,
    lag(period) OVER (PARTITION BY unit ORDER BY period) AS previous,
    lead(period) OVER (PARTITION BY unit ORDER BY period) AS following
FROM active""",
        ),
        Cte(
            "states",
            "New: never before. Returning: in the period before too. Resurrected: before, but not then. Dormant: in the period before, not in this.",
            """
SELECT unit, period, CASE WHEN previous IS NULL THEN 'new' WHEN previous = period - 1 THEN 'returning' ELSE 'resurrected' END AS state
FROM with_before
UNION ALL
SELECT unit, period + 1, 'dormant'
FROM with_before
WHERE following IS NULL OR following > period + 1""",
        ),
        Cte("counted", "How many of each.", "SELECT period, state, count(*) AS units\nFROM states\nGROUP BY ALL"),
        Cte(
            "shown",
            "The whole periods that the days touch.",
            f"""
SELECT i AS number, {start} AS period, CAST({end} AS TIMESTAMP) <= local_as_of AS complete
FROM (
    SELECT local_as_of, unnest(generate_series({first}, {last})) AS i
    FROM span, watermark
)""",
        ),
    ]


_FINAL = """SELECT
    s.period,
    coalesce(sum(c.units) FILTER (WHERE c.state = 'new'), 0) AS new,
    coalesce(sum(c.units) FILTER (WHERE c.state = 'returning'), 0) AS returning,
    coalesce(sum(c.units) FILTER (WHERE c.state = 'resurrected'), 0) AS resurrected,
    CASE WHEN s.complete THEN coalesce(sum(c.units) FILTER (WHERE c.state = 'dormant'), 0) END AS dormant,
    s.complete
FROM shown AS s
LEFT JOIN counted AS c ON c.period = s.number
GROUP BY s.period, s.complete
ORDER BY s.period"""
