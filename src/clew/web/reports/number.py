"""The one number of a report, for a tile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from clew.web import numbers
from clew.web.numbers import Change
from clew.web.reports.question import Asked

Row = Mapping[str, Any]


class Single(NamedTuple):
    """As a tile says it; `exact` on hover, `note` is what it is of."""

    text: str
    exact: str
    note: str
    change: Change = Change("", "")


def single(asked: Asked, rows: Sequence[Row]) -> Single | None:
    """Of trends the newest whole period; of a funnel the share that came through; of retention the average of the first period after; of a lifecycle
    who is there in the newest whole period; of stickiness the mean; of a file the first number of its first row. None: there is none."""
    interval = str(asked.question.params.get("interval", "")) if asked.question else ""
    return _SINGLES.get(asked.name, _first)(rows, interval) if not asked.is_list else None


def _when(period: str, interval: str) -> str:
    """A period in words.

    >>> _when("2026-11-28", "day"), _when("2026-11-23", "week")
    ('on Sat 2026-11-28', 'in the week of 2026-11-23')
    """
    return f"on {dt.date.fromisoformat(period):%a %Y-%m-%d}" if interval == "day" else f"in the {interval} of {period}"


def _trends(rows: Sequence[Row], interval: str) -> Single | None:
    whole = [row for row in rows if row["complete"]]
    if "by_value" in rows[0] or not whole or whole[-1]["value"] is None:
        return None
    now, before = whole[-1]["value"], whole[-2]["value"] if len(whole) > 1 else None
    return _counted(now, _when(whole[-1]["period"], interval), numbers.relative(now, before))


def _funnel(rows: Sequence[Row], interval: str) -> Single | None:
    last = rows[-1]
    if {"by_value", "start_day"} & set(last) or last["share_of_first"] is None:
        return None
    return Single(
        numbers.percent(last["share_of_first"]), f"{last['units']:,} of {rows[0]['units']:,}", f"of {rows[0]['units']:,} reached {last['name']}"
    )


def _retention(rows: Sequence[Row], interval: str) -> Single | None:
    later = [row for row in rows if row["cohort"] is None and row["first_index"] > 0 and row["share"] is not None]
    if not later:
        return None
    first = later[0]
    return Single(
        numbers.percent(first["share"]),
        f"{first['active']:,} of {first['size']:,}",
        f"of {first['size']:,} there in {interval} {first['first_index']}",
    )


def _lifecycle(rows: Sequence[Row], interval: str) -> Single | None:
    whole = [row for row in rows if row["complete"]]
    if not whole:
        return None
    sums = [None if row["new"] is None else row["new"] + row["returning"] + row["resurrected"] for row in whole]
    if sums[-1] is None:
        return None
    return _counted(sums[-1], f"there {_when(whole[-1]['period'], interval)}", numbers.relative(sums[-1], sums[-2] if len(sums) > 1 else None))


def _stickiness(rows: Sequence[Row], interval: str) -> Single | None:
    means = [row for row in rows if "ratio" in row and row["day"] is None and row["ratio"] is not None]
    return Single(numbers.percent(means[0]["ratio"]), f"{means[0]['ratio']:.4f}", "mean of whole days") if means else None


def _first(rows: Sequence[Row], interval: str) -> Single | None:
    found = [(name, value) for name, value in rows[0].items() if isinstance(value, int | float) and not isinstance(value, bool)]
    return _counted(found[0][1], found[0][0].replace("_", " "), Change("", "")) if found else None


def _counted(value: float, note: str, change: Change) -> Single:
    text = numbers.tile(value) if isinstance(value, int) else f"{value:,.2f}"
    return Single(text, numbers.exact(value) if isinstance(value, int) else f"{value:,}", note, change)


_SINGLES: dict[str, Callable[[Sequence[Row], str], Single | None]] = {
    "trends": _trends,
    "funnel": _funnel,
    "retention": _retention,
    "lifecycle": _lifecycle,
    "stickiness": _stickiness,
    "paths": lambda rows, interval: None,
}
