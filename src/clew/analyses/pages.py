"""Pages in numbers: how often seen, where sessions begin and end, how long it was until the next.

A page's events are dated by their session's start, so that the pages of a range are those of its sessions: entrances are the sessions that the
session metrics count by landing page, exits those by exit page.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import duckdb
import msgspec

from clew.analyses.dimensions import BY_KEY
from clew.analyses.text import Value, written

ALL_PAGES = 10**15


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. Days are those of the project's zone, both inclusive."""

    first: dt.date
    last: dt.date
    until: dt.datetime | None = None
    """Stop at this instant of UTC: to compare a day that is not over with as much of an earlier one."""
    filters: tuple[tuple[str, str], ...] = ()
    """(key of a dimension, the value that sessions must have; '' = none)."""
    holding: str = ""
    """Only pages whose name holds this text, in any case."""


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a page, or of all. `timed` are the views that something follows in their session: what time can be measured of."""

    views: int = 0
    sessions: int = 0
    entrances: int = 0
    bounced: int = 0
    exits: int = 0
    timed: int = 0
    time_us: int = 0
    median_us: int | None = None

    @property
    def bounce_rate(self) -> float | None:
        return self.bounced / self.entrances if self.entrances else None

    @property
    def exit_rate(self) -> float | None:
        return self.exits / self.sessions if self.sessions else None

    @property
    def views_per_session(self) -> float | None:
        return self.views / self.sessions if self.sessions else None

    @property
    def mean_seconds(self) -> float | None:
        return self.time_us / 1e6 / self.timed if self.timed else None

    @property
    def median_seconds(self) -> float | None:
        return None if self.median_us is None else self.median_us / 1e6


class Row(NamedTuple):
    page: str
    numbers: Numbers


class Pages(NamedTuple):
    """The numbers of all pages, each session counted once; and those of each, the most viewed first."""

    total: Numbers
    rows: tuple[Row, ...]


def sql(params: Params) -> str:
    """The query's text."""
    return written("pages", filters=[BY_KEY[key] for key, _ in params.filters])


def values(params: Params, chosen: tuple[str, ...] | None = None, most: int = ALL_PAGES) -> dict[str, Value]:
    """What is bound. `chosen`: only these pages; `most`: pages at most. The total is of all either way."""
    return {
        "from": params.first,
        "to": params.last,
        "until": params.until,
        "holding": params.holding,
        "pages": None if chosen is None else list(chosen),
        "most": most,
        **dict(params.filters),
    }


def pages(connection: duckdb.DuckDBPyConnection, params: Params, chosen: tuple[str, ...] | None = None, most: int = ALL_PAGES) -> Pages:
    """The pages that sessions of the range saw."""
    (_, *total), *rows = connection.execute(sql(params), values(params, chosen, most)).fetchall()
    return Pages(_numbers(total), tuple(Row(page, _numbers(found)) for page, *found in rows))


def _numbers(row: list[int | None]) -> Numbers:
    return Numbers(**{field: value for field, value in zip(Numbers.__struct_fields__, row, strict=True) if value is not None})
