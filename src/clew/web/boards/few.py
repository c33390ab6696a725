"""On a dashboard that is seen by a link, numbers that stand for few could point to a person: they are hidden, and what would tell them.

A number is of few if it is under `web.shared_least` and not 0; so is one that leaves so few of the number it is a part of.
docs/decisions/0017 says what is looked at and what is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from clew.web.boards.counts import COUNTS, Counts, Row, hide_by_row, hide_number, is_few, less, sums
from clew.web.numbers import Hidden


def hide(name: str, given: Mapping[str, Any], rows: Sequence[Row], behind: Sequence[Sequence[Row]], least: int) -> list[Row]:
    """The rows of a report as a stranger may see them. `given` is what it was asked.

    `behind`: for trends, rows of the same periods and values with the people who are counted.
    """
    if least <= 1:
        return list(rows)
    if name == "trends":
        return _trends(given, rows, behind, least)
    if name == "funnel":
        return _funnel(rows, least)
    if name == "retention":
        return _retention(rows, least, falls=given.get("count") == "unbounded")
    found = hide_by_row(COUNTS[name], rows, least)
    return _without_mean(rows, found) if name == "stickiness" else found


def any_hidden(rows: Sequence[Row]) -> bool:
    """Whether a number is."""
    return any(isinstance(value, Hidden) for row in rows for value in row.values())


def shown(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows for a chart: without numbers where they are hidden, and without rows that would have none to draw by size."""
    kept = [row for row in rows if not any(isinstance(row.get(size), Hidden) for size in ("paths", "occurrences"))]
    return [{name: None if isinstance(value, Hidden) else value for name, value in row.items()} for row in kept]


def _without_mean(rows: Sequence[Row], found: list[Row]) -> list[Row]:
    """The mean of days would tell the ratio of one that is hidden."""
    if found == list(rows):
        return found
    return [{**row, "ratio": Hidden()} if "ratio" in row and row["day"] is None else row for row in found]


def _trends(given: Mapping[str, Any], rows: Sequence[Row], behind: Sequence[Sequence[Row]], least: int) -> list[Row]:
    people = [{(row["period"], row.get("by_value")): row for row in each} for each in behind]
    counts = given.get("measure", "events") in ("events", "people", "accounts", "sessions") and not given.get("divided_by")

    def hidden(row: Row, name: str) -> Any:
        found = [each.get((row["period"], row.get("by_value")), {}).get(name) for each in people]
        if is_few(row[name], least) and counts:
            return Hidden(f"<{least}")
        return Hidden() if row[name] is not None and any(is_few(count, least) for count in found) else row[name]

    return [{**row, **{name: hidden(row, name) for name in ("value", "previous") if name in row}} for row in rows]


def _funnel(rows: Sequence[Row], least: int) -> list[Row]:
    found: list[Row] = []
    for _, steps in groupby(rows, lambda row: (row.get("start_day"), row.get("by_value"))):
        found += _steps(list(steps), least)
    return found


_OF_STEP = Counts(("units", "incomplete"), told=("share_of_first", "share_of_previous", "median_seconds", "p90_seconds"))


def _steps(rows: Sequence[Row], least: int) -> Iterator[Row]:
    """Those who were lost on the way from one number that is shown to the next are no few either."""
    seen = falling([row["units"] for row in rows], least)
    for at, row in enumerate(rows):
        if not seen[at]:
            yield _OF_STEP.hidden(row, least)
            continue
        cut = {} if at == 0 or seen[at - 1] else {"share_of_previous": Hidden()}
        if is_few(row["incomplete"], least) or is_few(row["units"] - row["incomplete"], least):
            cut["incomplete"] = hide_number(row["incomplete"], least, counted=True)
        yield {**row, **cut}


def falling(counts: Sequence[int], least: int) -> list[bool]:
    """Which of numbers that only fall can be shown: none is of few, and none is few less than the one shown before.

    >>> falling([100, 98, 97, 50, 50, 3, 0], 5)
    [True, False, False, True, True, False, True]
    """
    found: list[bool] = []
    last: int | None = None
    for count in counts:
        found.append(not is_few(count, least) and not is_few(less(last, count), least))
        last = count if found[-1] else last
    return found


_OF_CELL = Counts(("active",), parts=(("active", "size"),), told=("share",))


def _retention(rows: Sequence[Row], least: int, *, falls: bool) -> list[Row]:
    """An average is shown where all of its cells are: it would tell the one that is not. `falls`: who is counted is so in all periods before."""
    few = {at for at, row in enumerate(rows) if _OF_CELL.of_few(row, least) or is_few(row["size"], least)}
    if falls:
        for places in sums(Counts((), sums=(("cohort",),)), rows):
            seen = falling([rows[at]["active"] for at in places], least)
            few |= {at for at, kept in zip(places, seen, strict=True) if not kept}
    cut = {_period(rows[at]) for at in few if rows[at]["complete"]}
    few |= {at for at, row in enumerate(rows) if row["cohort"] is None and _period(row) in cut}
    return [_cell(row, least) if at in few else row for at, row in enumerate(rows)]


def _period(row: Row) -> tuple[int, int]:
    return row["first_index"], row["last_index"]


def _cell(row: Row, least: int) -> Row:
    size = hide_number(row["size"], least, counted=True) if row["cohort"] is None or is_few(row["size"], least) else row["size"]
    active = hide_number(row["active"], least, counted=True)
    return {**row, "size": size, "active": active, "share": active}
