"""Sessions in numbers: how many, whose, how long, how many bounced; by period, and by what they can be broken down by.

Everything is counted over what it stands for: the total over the range, a row over its value. Nothing is a sum of other rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import msgspec

from clew.analyses.dimensions import BY_KEY
from clew.analyses.periods import WEEK_SHIFT, Grain, Period, periods
from clew.analyses.text import Value, written

TIME, VALUE, BOTH = "time", "value", "both"
"""What the rows of a query are: periods and the total; values; values in each period."""
ALL_VALUES = 2**31 - 1


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. Days are those of the project's zone, both inclusive."""

    first: dt.date
    last: dt.date
    grain: Grain = "day"
    week_starts: str = "monday"
    until: dt.datetime | None = None
    """Stop at this instant of UTC: to compare a day that is not over with as much of an earlier one."""
    shift: int = 0
    """Days by which the range is moved before its days become periods: an earlier range laid upon a later one, day by day."""
    filters: tuple[tuple[str, str], ...] = ()
    """(key of a dimension, the value it must have; '' = none)."""
    by: str = ""
    """Key of a dimension, for the queries VALUE and BOTH."""

    @property
    def periods(self) -> tuple[Period, ...]:
        move = dt.timedelta(days=self.shift)
        return periods(self.first + move, self.last + move, self.grain, self.week_starts)


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of some sessions. Durations are without the buffer; `median_seconds` is None where there are no sessions."""

    sessions: int = 0
    bounced: int = 0
    people: int = 0
    new_people: int = 0
    events: int = 0
    duration_us: int = 0
    median_seconds: float | None = None

    @property
    def returning_people(self) -> int:
        """People whose first session is not among these."""
        return self.people - self.new_people

    @property
    def bounce_rate(self) -> float | None:
        return self.bounced / self.sessions if self.sessions else None

    @property
    def mean_seconds(self) -> float | None:
        return self.duration_us / 1e6 / self.sessions if self.sessions else None

    @property
    def events_per_session(self) -> float | None:
        return self.events / self.sessions if self.sessions else None

    @property
    def sessions_per_person(self) -> float | None:
        return self.sessions / self.people if self.people else None


class Row(NamedTuple):
    """`value` '' is none."""

    value: str
    numbers: Numbers


class Over(NamedTuple):
    """Numbers over the range and in each of its periods, empty ones too."""

    total: Numbers
    periods: tuple[tuple[Period, Numbers], ...]


def sql(params: Params, shape: str, *, full: bool = True) -> str:
    """The query's text. `full` = false leaves only sessions and bounced ones."""
    dimension = BY_KEY.get(params.by)
    return written(
        "session_metrics",
        shape=shape,
        full=full,
        title=dimension.title.lower() if dimension else "",
        expression=dimension.expression if dimension else "",
        filters=[BY_KEY[key] for key, _ in params.filters],
    )


def values(params: Params, shape: str, chosen: Sequence[str] = (), most: int = ALL_VALUES) -> dict[str, Value]:
    """What is bound. `chosen`: the values of BOTH; `most`: rows of VALUE at most."""
    bound: dict[str, Value] = {"from": params.first, "to": params.last, "until": params.until, **dict(params.filters)}
    if shape == VALUE:
        return {**bound, "most": most}
    bound |= {"grain": params.grain, "week_shift": WEEK_SHIFT[params.week_starts], "shift": params.shift}
    return {**bound, "values": list(chosen)} if shape == BOTH else bound


def over(connection: duckdb.DuckDBPyConnection, params: Params) -> Over:
    """The numbers over the range and by period."""
    rows = connection.execute(sql(params, TIME), values(params, TIME)).fetchall()
    return result(params, rows)


def by_value(connection: duckdb.DuckDBPyConnection, params: Params, most: int = ALL_VALUES) -> tuple[Row, ...]:
    """The numbers of each value of `params.by`, of the most frequent first."""
    rows = connection.execute(sql(params, VALUE), values(params, VALUE, most=most)).fetchall()
    return tuple(Row(value, _numbers(numbers)) for value, *numbers in rows)


def trends(connection: duckdb.DuckDBPyConnection, params: Params, chosen: Sequence[str], *, full: bool = True) -> dict[str, tuple[Numbers, ...]]:
    """For each chosen value of `params.by` its numbers in each period. Without `full` only sessions and bounced ones."""
    rows = connection.execute(sql(params, BOTH, full=full), values(params, BOTH, chosen)).fetchall()
    found = {(value, period): _numbers(numbers) for value, period, *numbers in rows}
    return {value: tuple(found.get((value, period.starts), Numbers()) for period in params.periods) for value in chosen}


def result(params: Params, rows: Sequence[tuple[Any, ...]]) -> Over:
    """The rows of TIME (period, or None for the total; then the numbers)."""
    found = {period: _numbers(numbers) for period, *numbers in rows}
    return Over(found.get(None, Numbers()), tuple((period, found.get(period.starts, Numbers())) for period in params.periods))


def _numbers(row: Sequence[Any]) -> Numbers:
    """Sums of no sessions at all are NULL."""
    fields = Numbers.__struct_fields__
    return Numbers(**{field: value for field, value in zip(fields, row, strict=False) if value is not None})
