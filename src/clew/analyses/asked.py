"""What every report can be asked: the range of days, and the unit that is counted."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from clew import clock
from clew.errors import ConfigError, QueryError
from clew.predicates import Field, Predicate, parse, parse_field

Unit = Literal["person", "account", "session"]
UnitParam = Annotated[Unit, Meta(description="what is counted: a person, an account (the group a person was last put into), or a session")]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all params. Days are those of the project's zone; without them, the 28 days up to `data_as_of`."""

    first: Annotated[dt.date | None, Meta(description="first day, such as 2026-11-01")] = msgspec.field(default=None, name="from")
    last: Annotated[dt.date | None, Meta(description="last day, inclusive")] = msgspec.field(default=None, name="to")

    def __post_init__(self) -> None:
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"from: expected a day not after to ({self.last}), found {self.first}")


def filters(texts: tuple[str, ...]) -> tuple[Predicate, ...]:
    """Each text as a predicate. Raises QueryError."""
    return tuple(map(parse, texts))


def field_of(text: str | None) -> Field | None:
    """The field, where one is named. Raises QueryError."""
    return None if text is None else parse_field(text)


def fields_of(*predicates: Predicate) -> tuple[Field, ...]:
    """All that their conditions look at."""
    return tuple(field for predicate in predicates for field in predicate.fields)


def interval(text: str) -> str:
    """A duration such as `7d` as an SQL interval. Raises QueryError."""
    try:
        micros = clock.parse_duration(text)
    except ConfigError as error:
        raise QueryError(str(error)) from error
    for unit, size in (("DAY", clock.DAY), ("HOUR", clock.HOUR), ("MINUTE", clock.MINUTE), ("SECOND", clock.SECOND)):
        if micros % size == 0:
            # Days of 24 hours: an interval of days would follow the calendar.
            return f"INTERVAL {micros // clock.HOUR} HOUR" if unit == "DAY" else f"INTERVAL {micros // size} {unit}"
    return f"INTERVAL {micros} MICROSECOND"


def either(predicates: tuple[Predicate, ...]) -> str:
    """A condition in SQL: at least one of them."""
    return " OR ".join(f"({p.to_sql()})" for p in predicates)
