"""The table of a report: cells as people read them, from each number the address of who is behind it, in the order that the URL asks for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from clew.analyses.dimensions import BY_KEY
from clew.web.address import Address
from clew.web.numbers import Hidden
from clew.web.ordering import PARAM, Order, ordered, read_order
from clew.web.reports.question import Asked
from clew.web.reports.table import pivots
from clew.web.reports.table.behind import Link, behind
from clew.web.reports.table.cells import Cell, Head, Row, Table, cell, comparable, written

__all__ = ["Cell", "Head", "Shown", "Table", "table", "titles", "written"]

_HEADS = {"active_28": "Active in 28 days", "p90_seconds": "90th percentile", "median_seconds": "Median time", "universal_user_id": "Person"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BY_TIME = {"trends": "period", "lifecycle": "period", "stickiness": "day"}
"""Reports by time, and their column of it: usually the newest first."""


class Shown(NamedTuple):
    """A table, or the part of it that a page shows, in its order. `pages`: how many such parts there are."""

    table: Table
    order: Order
    pages: int = 1


def table(asked: Asked, rows: Sequence[Row], a: Address, number: int = 1, most: int | None = None) -> Shown:
    """The rows as a table: all, or the page of that number, of `most` rows each. Those with a column a value are always whole."""
    link = behind(asked, a)
    whole = _pivot(asked, rows, link)
    if whole is not None:
        order = _order(asked, a, whole.heads)
        return Shown(_with_weekdays(asked, whole._replace(rows=_sorted(whole, order))), order)
    rows = _with_dropped(rows) if asked.name == "funnel" and not asked.is_list else rows
    heads = titles(asked, rows)
    order = _order(asked, a, heads)
    most = most or max(len(rows), 1)
    # Sorted as rows: to make the cells of all of them takes longer than the answer did.
    listed = _in_order(asked, rows, order)[(number - 1) * most : number * most]
    lines = [[cell(head.key or "complete", row, link(head.key, row)) for head in heads] for row in listed]
    return Shown(_with_weekdays(asked, Table(heads, lines)), order, -(-len(rows) // most))


def titles(asked: Asked, rows: Sequence[Row]) -> tuple[Head, ...]:
    """The heads of the columns that rows have."""
    shown = [name for name in _columns(rows) if name != "reached_goal" or asked.given.get("goal")]
    return tuple(Head(_title(asked, name), "" if name == "complete" else name) for name in shown)


def _pivot(asked: Asked, rows: Sequence[Row], link: Link) -> Table | None:
    if asked.name == "retention" and rows and "cohort" in rows[0]:
        return pivots.cohorts(rows, link, _interval(asked))
    if asked.name == "trends" and rows and "by_value" in rows[0] and "previous" not in rows[0]:
        return pivots.by_value(rows, link)
    return None


def _interval(asked: Asked) -> str:
    return str(asked.question.params.get("interval", "")) if asked.question else ""


def _with_weekdays(asked: Asked, found: Table) -> Table:
    """Days with their weekdays, which is what one looks for in them."""
    days = {"day", "start_day"} | ({"period"} if _interval(asked) == "day" else set())
    columns = [n for n, head in enumerate(found.heads) if head.key in days]
    return found._replace(rows=[[_weekday(each) if n in columns else each for n, each in enumerate(line)] for line in found.rows])


def _weekday(found: Cell) -> Cell:
    return found._replace(text=f"{dt.date.fromisoformat(found.text):%a %Y-%m-%d}") if _DAY.fullmatch(found.text) else found


def _order(asked: Asked, a: Address, heads: Sequence[Head]) -> Order:
    """Usually reports by time have the newest first, the others the order of their rows."""
    known = {head.key for head in heads if head.key}
    time = _BY_TIME.get(asked.name, "")
    usual = Order(time if time in known else "")
    # A file's own param of this name is no order.
    own = asked.file is not None and any(param.name == PARAM for param in asked.file.params)
    return usual if own else read_order(dict(a.items).get(PARAM, ""), known, usual)


def _sorted(whole: Table, order: Order) -> list[list[Cell]]:
    """Its lines; that of all cohorts stays the first."""
    column = next((n for n, head in enumerate(whole.heads) if head.key == order.key), None)
    if not order.key or column is None:
        return whole.rows
    total = [line for line in whole.rows if line[0].by is None]
    return total + ordered([line for line in whole.rows if line[0].by is not None], lambda line: line[column].by, order)


def _in_order(asked: Asked, rows: Sequence[Row], order: Order) -> Sequence[Row]:
    """The same for rows; that of the mean of all days stays the first."""
    if not order.key:
        return rows
    time = _BY_TIME.get(asked.name, "")
    total = [row for row in rows if row.get(time, "") is None]
    return total + ordered([row for row in rows if row.get(time, "") is not None], lambda row: comparable(row[order.key]), order)


def _title(asked: Asked, column: str) -> str:
    """A column's name at its head; what is counted goes by its name."""
    params = asked.question.params if asked.question else {}
    if column == "units":
        return {"person": "People", "account": "Accounts", "session": "Sessions"}[params.get("unit", "person")]
    if column == "value" and asked.name == "trends":
        of = f" of {params['property']}" if params.get("property") else ""
        return f"{str(params['measure']).replace('_', ' ').capitalize()}{of}"
    if column == "by_value":
        return of_field(str(params.get("by")))
    if column == "complete":
        return ""
    return _HEADS.get(column, column.replace("_", " ").capitalize())


def of_field(text: str) -> str:
    """What a breakdown is headed by: what is told of a session as session metrics call it, all else as it is written.

    >>> of_field("@visit"), of_field("@person.plan"), of_field("category")
    ('New or returning', '@person.plan', 'category')
    """
    return BY_KEY[text[1:]].title if text.startswith("@") and text[1:] in BY_KEY else text


def _columns(rows: Sequence[Row]) -> list[str]:
    """All, but what would say of every row that it is complete."""
    if not rows:
        return []
    quiet = {"complete": all(row.get("complete") is not False for row in rows), "incomplete": not any(row.get("incomplete") for row in rows)}
    # The numbers of a person and a session say nothing to a reader: the id stands beside them.
    quiet |= {"unit": isinstance(rows[0].get("unit"), int), "person_id": "unit" in rows[0]}
    return [name for name in rows[0] if not quiet.get(name)]


def _with_dropped(rows: Sequence[Row]) -> list[Row]:
    """A funnel's rows with those who reached the step before and not this one."""
    found: list[Row] = []
    before: Any = 0
    for row in rows:
        dropped = {"dropped": _lost(before, row["units"]) if row["step"] > 1 else None}
        names = list(row)
        at = names.index("units") + 1
        found.append({**{name: row[name] for name in names[:at]}, **dropped, **{name: row[name] for name in names[at:]}})
        before = row["units"]
    return found


def _lost(before: Any, now: Any) -> Any:
    return Hidden() if isinstance(before, Hidden) or isinstance(now, Hidden) else before - now
