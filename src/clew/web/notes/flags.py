"""The annotations of a chart's days, each with the row of the table that it falls into."""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request

from clew import clock
from clew.state.annotating import Annotation, all_annotations
from clew.web.ask import context_of
from clew.web.reports.question import Asked

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Flag(NamedTuple):
    """An annotation on a chart; `x` is where on its axis."""

    x: str
    day: str
    text: str
    by: str


class Flags(NamedTuple):
    """`listed` in the order of days; `by_row` by the text that a row of the table begins with."""

    listed: tuple[Flag, ...]
    by_row: dict[str, list[Flag]]


def of_report(request: Request, asked: Asked, rows: Sequence[Mapping[str, Any]]) -> Flags | None:
    """Those of a report; None where it goes by nothing of time."""
    if asked.is_list or not rows:
        return None
    column = next(iter(rows[0]))
    found = [row[column] for row in rows if row[column] is not None]
    if not found or not all(isinstance(start, str) and _DAY.match(start) for start in found):
        return None
    starts = sorted(set(found))
    last = asked.range.last if asked.range else dt.date.fromisoformat(starts[-1][:10])
    return of_days(request, starts, last)


def of_days(request: Request, starts: Sequence[str], last: dt.date) -> Flags:
    """Those from the first of `starts` to `last`. `starts` are the first days of a chart's periods in order, or its hours in UTC."""
    if not starts:
        return Flags((), {})
    context = context_of(request)
    hours, zone = "T" in starts[0], context.settings.project.timezone
    # A local day may begin before the UTC day of its first hour.
    first = dt.date.fromisoformat(starts[0][:10])
    found = [_flag(each, zone if hours else "") for each in reversed(all_annotations(context.state, first, last))]
    return Flags(tuple(found), by_row(found, starts))


def by_row(flags: Sequence[Flag], starts: Sequence[str]) -> dict[str, list[Flag]]:
    """Each with the last start that is not after it.

    >>> flags = [Flag("2026-11-03", "", "a", ""), Flag("2026-11-09", "", "b", ""), Flag("2026-11-01", "", "before", "")]
    >>> {start: [flag.text for flag in found] for start, found in by_row(flags, ["2026-11-02", "2026-11-09"]).items()}
    {'2026-11-02': ['a'], '2026-11-09': ['b']}
    """
    rows: dict[str, list[Flag]] = {}
    for flag in flags:
        at = bisect.bisect_right(starts, flag.x)
        if at:
            rows.setdefault(starts[at - 1], []).append(flag)
    return rows


def _flag(each: Annotation, zone: str) -> Flag:
    x = each.day.isoformat()
    if zone:
        midnight = dt.datetime.combine(each.day, dt.time(), clock.zone(zone)).astimezone(dt.UTC)
        x = f"{midnight:%Y-%m-%dT%H:%M:%S}Z"
    return Flag(x, f"{each.day:%a %Y-%m-%d}", each.text, each.made_by)
