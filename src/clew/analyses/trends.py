"""Trends: events, people and what is counted of them, by hour to quarter."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from clew.analyses import calendar, who
from clew.analyses.asked import Asked, either, field_of, fields_of, filters
from clew.analyses.calendar import Interval
from clew.analyses.ctes import Cte, compose, span, watermark
from clew.analyses.events import events
from clew.analyses.who import parts
from clew.config import Settings
from clew.predicates import Field, Predicate
from clew.quoting import literal

Measure = Literal["events", "people", "accounts", "sessions", "per_person", "sum", "average", "p90"]


class Params(Asked, frozen=True, kw_only=True):
    """A trend."""

    event: Annotated[tuple[str, ...], Meta(description="an event with conditions; several: any of them. Default: any activity")] = ()
    measure: Annotated[Measure, Meta(description="what is counted; per_person is events per person with any")] = "events"
    property: Annotated[str | None, Meta(description="the property that sum, average and p90 are taken of")] = None
    divided_by: Annotated[tuple[str, ...], Meta(description="other events: the ratio of the measure of event to that of these")] = ()
    interval: Annotated[Interval, Meta(description="a point each hour, day, week, month or quarter")] = "day"
    by: Annotated[str | None, Meta(description="break down by this property")] = None
    compare: Annotated[bool, Meta(description="beside each period, the one as many periods before as are asked for")] = False
    cell: Annotated[tuple[str, ...], Meta(description="instead, list who is behind a number: a period, and with by a value of it")] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.measure in ("sum", "average", "p90")) != (self.property is not None):
            raise ValueError(f"property: expected one with sum, average and p90, and none else; found {self.property} with {self.measure}")


MONEY = frozenset(("revenue", "price", "total", "value", "tax", "discount", "shipping"))
"""Properties that are money: added up exactly."""


def sql(params: Params, settings: Settings) -> str:
    """One query: a row a period (and value of `by`) with `value`, and `previous` where compared. Raises QueryError."""
    above, below = filters(params.event), filters(params.divided_by)
    by, number = field_of(params.by), field_of(params.property)
    named = (*above, *below)
    found = events(
        settings,
        {"accounts": "account", "sessions": "session"}.get(params.measure, "event"),
        where=" OR ".join(filter(None, (either(above) or "is_activity", either(below)))),
        reads=(by, number, *fields_of(*named)),
        named=named if above else None,
        before_days=f"({_days_before(params)})",
        after=f"INTERVAL {_WHOLE[params.interval]} DAY",
    )
    if params.cell:
        return _who(params, settings, [watermark(), span(params), *found], above)
    ctes = [watermark(), span(params), _periods(params, settings), *found, _measured(params, settings, above, below)]
    return compose(f"{params.measure} by {params.interval}.", [*ctes, *_filled(params)], _shown(params))


def _who(params: Params, settings: Settings, ctes: list[Cte], above: tuple[Predicate, ...]) -> str:
    start, *value = parts(params.cell, "a period and, with by, a value of it", 1, *([2] if params.by else []))
    period = f"TIMESTAMP '{who.moment(start)}'" if params.interval == "hour" else f"DATE '{who.day(start)}'"
    conditions = [f"({either(above) or 'is_activity'})", f"{_local_period(params, settings)} = {period}"]
    if by := field_of(params.by):
        conditions.append(f"{by.sql()} IS NOT DISTINCT FROM {literal(value[0]) if value else 'NULL'}")
    where = " AND ".join(conditions)
    unit = {"accounts": "account", "sessions": "session"}.get(params.measure, "person")
    of = "unit" if unit != "person" else "person_id"
    known = " AND person_id IS NOT NULL" if params.measure == "people" else ""
    members = f"SELECT {of} AS unit, count(*) AS events\nFROM events\nWHERE {where}{known}\nGROUP BY {of}"
    return who.listed(f"{params.measure} in the {params.interval} of {who.moment(start)}", ctes, members, unit)


_WHOLE = {"hour": 0, "day": 0, "week": 7, "month": 31, "quarter": 92}
"""Days that a period may begin before the first day asked for, or end after the last."""


def _days_before(params: Params) -> str:
    before = str(_WHOLE[params.interval])
    return f"CAST(last_day - first_day + 1 + 3 * {before} AS INTEGER)" if params.compare else before


def _periods(params: Params, settings: Settings) -> Cte:
    """Columns `period`, `number` (from 1, in order), `is_previous`, `complete`."""
    if params.interval == "hour":
        days = "CAST(last_day - first_day + 1 AS INTEGER)" if params.compare else "0"
        return Cte(
            "periods",
            "The local hours by their start in UTC, since a local hour may come twice; those of the days before are for comparison.",
            f"""
SELECT
    period, is_previous,
    row_number() OVER (PARTITION BY is_previous ORDER BY period) AS number,
    period + INTERVAL 1 HOUR <= (SELECT data_as_of FROM watermark) AS complete
FROM (
    SELECT DISTINCT {_period("t + z.utc_offset", params, settings)} AS period, CAST(t + z.utc_offset AS DATE) < first_day AS is_previous
    FROM (
        SELECT
            first_day, last_day,
            unnest(generate_series(CAST(first_day - 1 - ({days}) AS TIMESTAMP), CAST(last_day + 2 AS TIMESTAMP), INTERVAL 15 MINUTE)) AS t
        FROM span
    )
    ASOF JOIN main.zone_offsets AS z ON t >= z.utc_from
    WHERE CAST(t + z.utc_offset AS DATE) BETWEEN first_day - ({days}) AND last_day
)""",
        )
    count = "(last_period - first_period + 1)" if params.compare else "0"
    start = calendar.from_index("i", params.interval, settings)
    end = calendar.from_index("i + 1", params.interval, settings)
    return Cte(
        "periods",
        "The whole periods that the days touch, numbered; as many before are for comparison.",
        f"""
SELECT
    {start} AS period,
    i < first_period AS is_previous,
    i - first_period + CASE WHEN i < first_period THEN {count} ELSE 0 END + 1 AS number,
    CAST({end} AS TIMESTAMP) <= local_as_of AS complete
FROM (
    SELECT first_period, last_period, local_as_of, unnest(generate_series(first_period - {count}, last_period)) AS i
    FROM (
        SELECT
            {calendar.index("first_day", params.interval, settings)} AS first_period,
            {calendar.index("last_day", params.interval, settings)} AS last_period,
            local_as_of
        FROM span, watermark
    )
)""",
    )


def _period(local: str, params: Params, settings: Settings) -> str:
    start = calendar.start(local, params.interval, settings)
    return f"{start} - z.utc_offset" if params.interval == "hour" else start


def _local_period(params: Params, settings: Settings) -> str:
    period = calendar.start("local_time", params.interval, settings)
    return f"{period} - (local_time - model_time)" if params.interval == "hour" else period


def _measured(params: Params, settings: Settings, above: tuple[Predicate, ...], below: tuple[Predicate, ...]) -> Cte:
    number, by = field_of(params.property), field_of(params.by)
    period = _local_period(params, settings)
    value = _aggregate(params, number, f"({either(above) or 'is_activity'})")
    if below:
        value = f"{value} / nullif({_aggregate(params, number, f'({either(below)})')}, 0)"
    groups = [f"{period} AS period", *([f"{by.sql()} AS by_value"] if by else [])]
    return Cte(
        "measured", "What is counted, by period.", "SELECT\n    " + ",\n    ".join([*groups, f"{value} AS value"]) + "\nFROM events\nGROUP BY ALL"
    )


def _aggregate(params: Params, number: Field | None, which: str) -> str:
    where = f"FILTER (WHERE {which})"
    match params.measure:
        case "events":
            return f"count(*) {where}"
        case "people":
            return f"count(DISTINCT person_id) {where}"
        case "accounts" | "sessions":
            return f"count(DISTINCT unit) {where}"
        case "per_person":
            return f"count(person_id) {where} / nullif(count(DISTINCT person_id) {where}, 0)"
    assert number is not None
    value = f"TRY_CAST({number.sql()} AS DECIMAL(18, 4))"
    if not number.path or number.path[-1] not in MONEY:
        value = f"CASE WHEN isfinite({number.number_sql()}) THEN {number.number_sql()} END"
    return {"sum": f"sum({value}) {where}", "average": f"avg({value}) {where}", "p90": f"quantile_disc({value}, 0.9) {where}"}[params.measure]


def _filled(params: Params) -> list[Cte]:
    """Every period has a row, for each value of `by`; what is counted is 0 where there is nothing."""
    counts = not params.divided_by and params.measure in ("events", "people", "accounts", "sessions", "sum")
    value = "coalesce(m.value, 0) AS value" if counts else "m.value"
    if params.by is None:
        body = f"SELECT p.*, {value}\nFROM periods AS p\nLEFT JOIN measured AS m ON m.period = p.period"
        return [Cte("filled", "Every period, those without events too.", body)]
    body = f"""
SELECT p.*, v.by_value, {value}
FROM periods AS p
CROSS JOIN (SELECT DISTINCT m.by_value FROM measured AS m JOIN periods AS p ON p.period = m.period) AS v
LEFT JOIN measured AS m ON m.period = p.period AND m.by_value IS NOT DISTINCT FROM v.by_value"""
    return [Cte("filled", "Every period with every value, those without events too.", body)]


def _shown(params: Params) -> str:
    by = ["by_value"] if params.by else []
    order = ", ".join(["period", *(f"{name} NULLS LAST" for name in by)])
    if not params.compare:
        return f"SELECT {', '.join(['period', *by, 'value', 'complete'])}\nFROM filled\nORDER BY {order}"
    same = " AND before.by_value IS NOT DISTINCT FROM now.by_value" if by else ""
    columns = ["now.period", *(f"now.{name}" for name in by), "now.value", "before.value AS previous", "now.complete"]
    return f"""SELECT {", ".join(columns)}
FROM filled AS now
LEFT JOIN filled AS before ON before.is_previous AND before.number = now.number{same}
WHERE NOT now.is_previous
ORDER BY {order.replace("period", "now.period").replace("by_value", "now.by_value")}"""
