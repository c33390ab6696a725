"""Stickiness: of those active within 28 days, how many are active on a day; and on how many days each was active."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from clew.analyses import who
from clew.analyses.asked import Asked, UnitParam
from clew.analyses.ctes import Cte, compose, span, watermark
from clew.analyses.events import events
from clew.analyses.who import parts
from clew.config import Settings
from clew.errors import QueryError

TRAILING = 28


class Params(Asked, frozen=True, kw_only=True):
    """Stickiness."""

    show: Annotated[Literal["days", "histogram"], Meta(description="a row a day and the mean, or how many were active on so many days")] = "days"
    unit: UnitParam = "person"
    cell: Annotated[
        tuple[str, ...], Meta(description="instead, list who is behind a number: a day and active or active_28; with histogram, a number of days")
    ] = ()


def sql(params: Params, settings: Settings) -> str:
    """One query. days: `active`, `active_28` and their ratio by day; the row without a day holds the mean ratio. histogram: units by active days."""
    found = events(settings, params.unit, where="is_activity", before_days=str(TRAILING - 1), after="INTERVAL 0 HOUR")
    active = Cte("active", "On which days each was active.", "SELECT DISTINCT unit, CAST(local_time AS DATE) AS day\nFROM events")
    start = [watermark(), span(params), *found, active]
    if params.cell:
        return _who(params, start)
    if params.show == "histogram":
        return compose("On how many days each was active.", [*start, _PER_UNIT], _HISTOGRAM)
    return compose("Stickiness by day.", [*start, *_TRAILING], _DAYS)


def _who(params: Params, ctes: list[Cte]) -> str:
    if params.show == "histogram":
        days = who.number(parts(params.cell, "a number of days", 1)[0])
        return who.listed(
            f"{days} active days", [*ctes, _PER_UNIT], f"SELECT unit, active_days\nFROM per_unit\nWHERE active_days = {days}", params.unit
        )
    text, which = parts(params.cell, "a day, and active or active_28", 2)
    if which not in _BACK:
        raise QueryError(f"cell: expected one of {', '.join(_BACK)}, found {which!r}")
    day = f"DATE '{who.day(text)}'"
    found = f"SELECT unit, count(*) AS active_days\nFROM active\nWHERE day BETWEEN {day} - {_BACK[which]} AND {day}\nGROUP BY unit"
    return who.listed(f"{which} on {who.day(text)}", ctes, found, params.unit)


_BACK = {"active": 0, "active_28": TRAILING - 1}
_PER_UNIT = Cte(
    "per_unit",
    "How many days of the range each was active on.",
    """
SELECT unit, count(*) AS active_days
FROM active
WHERE day BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)
GROUP BY unit""",
)
_HISTOGRAM = "SELECT active_days, count(*) AS units\nFROM per_unit\nGROUP BY active_days\nORDER BY active_days"
_TRAILING = (
    Cte(
        "days",
        "The days asked for, as far as there are data.",
        """
SELECT CAST(unnest(generate_series(CAST(first_day AS TIMESTAMP), least(CAST(last_day AS TIMESTAMP), local_as_of), INTERVAL 1 DAY)) AS DATE) AS day
FROM span, watermark""",
    ),
    Cte(
        "stretches",
        "An active day counts for itself and the 27 after it, or until the next active day, which counts from then on.",
        """
SELECT day AS begins, least(day + 28, coalesce(lead(day) OVER (PARTITION BY unit ORDER BY day), day + 28)) AS ends
FROM active""",
    ),
    Cte(
        "changes",
        "How many more, or fewer, count from a day on.",
        """
SELECT day, sum(change) AS change
FROM (SELECT begins AS day, 1 AS change FROM stretches UNION ALL SELECT ends, -1 FROM stretches)
GROUP BY day""",
    ),
    Cte("trailing_counts", "How many count on each day on which that changes.", "SELECT day, sum(change) OVER (ORDER BY day) AS units\nFROM changes"),
    Cte("daily", "How many were active on each day.", "SELECT day, count(*) AS units\nFROM active\nGROUP BY day"),
    Cte(
        "ratios",
        "Both, for each day asked for.",
        """
SELECT
    d.day, coalesce(a.units, 0) AS active, coalesce(t.units, 0) AS active_28, coalesce(a.units, 0) / nullif(t.units, 0) AS ratio,
    CAST(d.day + 1 AS TIMESTAMP) <= (SELECT local_as_of FROM watermark) AS complete
FROM days AS d
ASOF LEFT JOIN trailing_counts AS t ON d.day >= t.day
LEFT JOIN daily AS a ON a.day = d.day""",
    ),
)
_DAYS = """-- The mean is over days that are over; of decimals, so that it is the same in every order.
SELECT NULL AS day, NULL AS active, NULL AS active_28, avg(CAST(ratio AS DECIMAL(18, 15))) AS ratio, true AS complete
FROM ratios
WHERE complete
UNION ALL
SELECT day, active, active_28, ratio, complete
FROM ratios
ORDER BY day NULLS FIRST"""
