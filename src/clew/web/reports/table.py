"""The table of a report: cells as people read them, and from each number the address of who is behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from clew.web import numbers
from clew.web.address import Address
from clew.web.numbers import Hidden
from clew.web.reports.question import Asked

Row = Mapping[str, Any]
_SHARES = ("share", "ratio", "reached_goal", "retention", "retained_of", "overlap", "churn", "came_back", "day_1", "day_7", "day_14", "day_28")
_LONGEST = 120
_HEADS = {"active_28": "Active in 28 days", "p90_seconds": "90th percentile", "median_seconds": "Median time", "universal_user_id": "Person"}


class Cell(NamedTuple):
    """`link` leads to who is behind the number; `heat` is a share to colour by; `full` what `text` cuts; `value` what to sort by."""

    text: str
    is_number: bool = False
    link: str = ""
    heat: float | None = None
    full: str = ""
    value: float | None = None


class Table(NamedTuple):
    """Heads, and rows of cells. `left_out`: values of a breakdown that have no column."""

    heads: tuple[str, ...]
    rows: list[list[Cell]]
    left_out: int = 0

    @property
    def numeric(self) -> list[bool]:
        """Which columns are of numbers."""
        return [self.is_number(column) for column in range(len(self.heads))]

    def is_number(self, column: int) -> bool:
        """Whether a column is of numbers."""
        return any(row[column].is_number and row[column].text not in ("", numbers.NONE) for row in self.rows)


def table(asked: Asked, rows: Sequence[Row], a: Address) -> Table:
    """The rows as a table; retention has a row a cohort and a column a period."""
    if asked.name == "retention" and rows and "cohort" in rows[0]:
        return _cohorts(rows, a)
    if asked.name == "trends" and rows and "by_value" in rows[0] and "previous" not in rows[0]:
        return _values(asked, rows, a)
    if asked.name in _NEWEST_FIRST and rows and _NEWEST_FIRST[asked.name] in rows[0]:
        rows = sorted(rows, key=lambda row: str(row[_NEWEST_FIRST[asked.name]] or "~"), reverse=True)
    link = _LINKS.get(asked.name) if not asked.is_list else None
    if asked.name == "funnel" and not asked.is_list:
        rows = _with_dropped(rows)
    shown = [name for name in _columns(rows) if name != "reached_goal" or asked.given.get("goal")]
    lines = [[_cell(name, row, link(asked, row, name, a) if link else "") for name in shown] for row in rows]
    return Table(tuple(_head(asked, name) for name in shown), lines)


def _head(asked: Asked, column: str) -> str:
    """A column's name at its head; what is counted goes by its name."""
    params = asked.question.params if asked.question else {}
    if column == "units":
        return {"person": "People", "account": "Accounts", "session": "Sessions"}[params.get("unit", "person")]
    if column == "value" and asked.name == "trends":
        of = f" of {params['property']}" if params.get("property") else ""
        return f"{str(params['measure']).replace('_', ' ').capitalize()}{of}"
    if column == "by_value":
        return str(params.get("by"))
    if column == "complete":
        return ""
    return _HEADS.get(column, column.replace("_", " ").capitalize())


def _columns(rows: Sequence[Row]) -> list[str]:
    """All, but what would say of every row that it is complete."""
    if not rows:
        return []
    quiet = {"complete": all(row.get("complete") is not False for row in rows), "incomplete": not any(row.get("incomplete") for row in rows)}
    # The numbers of a person and a session say nothing to a reader: the id stands beside them.
    quiet |= {"unit": isinstance(rows[0].get("unit"), int), "person_id": "unit" in rows[0]}
    return [name for name in rows[0] if not quiet.get(name)]


def _person(row: Row) -> str:
    """The page of a list's person, opened at the session where the list is one of sessions."""
    if "session_start" in row:
        return f"/people/?number={row['person_id']}&session={row['unit']}"
    return f"/people/?number={row['unit']}" if isinstance(row.get("unit"), int) else ""


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


def _cell(name: str, row: Row, link: str) -> Cell:
    value = row[name]
    if isinstance(value, Hidden):
        return Cell(value.text, True)
    if name == "complete":
        return Cell("" if value else "so far")
    if name == "day" and value is None:
        return Cell("Mean of whole days")
    if name == "universal_user_id" and value is not None:
        return Cell(written(name, value), link=_person(row))
    text = written(name, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return Cell(
        cut,
        is_number or value is None,
        link if value not in (None, 0) else "",
        full=text if cut != text else "",
        value=value if name.endswith("_seconds") else None,
    )


def written(name: str, value: Any) -> str:
    """A value as a page writes it: shares in per cent, seconds as durations, whole numbers exact."""
    if value is None:
        return "(none)" if name in ("by_value", "name", "universal_user_id") else numbers.NONE
    if isinstance(value, list):
        return " › ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if name.startswith(_SHARES) and 0 <= value <= 1:
            return numbers.percent(value)
        if name.endswith("_seconds"):
            return numbers.duration(value)
        return numbers.exact(value) if isinstance(value, int) else f"{value:,.2f}"
    return str(value).replace("T", " ").removesuffix("Z").partition(".")[0] + " UTC" if name.endswith(("_at", "_start")) else str(value)


_NEWEST_FIRST = {"trends": "period", "lifecycle": "period", "stickiness": "day"}
"""Reports by time, and their column of it. A row without a day, the mean, comes first."""
COLUMNS = 8
"""Values of a breakdown beside each other: the largest, as in the chart."""


def _values(asked: Asked, rows: Sequence[Row], a: Address) -> Table:
    """A trend's breakdown: a row a period, the newest first, and a column a value."""
    sums: dict[Any, float] = {}
    for row in rows:
        value = 0 if isinstance(row["value"], Hidden) else abs(row["value"] or 0)
        sums[row["by_value"]] = sums.get(row["by_value"], 0) + value
    shown = sorted(sums, key=lambda value: -sums[value])[:COLUMNS]
    cells = {(row["period"], row["by_value"]): row for row in rows}
    complete = {row["period"]: row["complete"] for row in rows}
    lines = []
    for period in sorted(complete, reverse=True):
        found = [cells[period, value] for value in shown]
        counted = [_cell("value", row, _trends(asked, row, "value", a)) for row in found]
        lines.append([Cell(period), *counted, Cell("" if complete[period] else "so far")])
    return Table(("Period", *(written("by_value", value) for value in shown), ""), lines, len(sums) - len(shown))


# -------------------------------------------------------------------------------------------------------- who is behind a number
def _trends(asked: Asked, row: Row, name: str, a: Address) -> str:
    if name != "value" or asked.given.get("divided_by"):
        return ""
    value = [row["by_value"]] if row.get("by_value") is not None else []
    return a.also(("cell", row["period"]), *(("cell", v) for v in value))


def _funnel(asked: Asked, row: Row, name: str, a: Address) -> str:
    if name not in ("units", "dropped"):
        return ""
    groups = [row[group] for group in ("start_day", "by_value") if row.get(group) is not None]
    return a.also(("reached" if name == "units" else "dropped", str(row["step"])), *(("cell", group) for group in groups))


def _paths(asked: Asked, row: Row, name: str, a: Address) -> str:
    if name != "paths":
        return ""
    if "path" in row:
        return a.also(*(("cell", step) for step in row["path"]))
    names = ("step", "source", "target") if "source" in row else ("step", "name")
    return a.also(*(("cell", str(row[part])) for part in names))


def _lifecycle(asked: Asked, row: Row, name: str, a: Address) -> str:
    return a.also(("cell", row["period"]), ("cell", name)) if name in ("new", "returning", "resurrected", "dormant") else ""


def _stickiness(asked: Asked, row: Row, name: str, a: Address) -> str:
    if "active_days" in row:
        return a.also(("cell", str(row["active_days"]))) if name == "units" else ""
    return a.also(("cell", row["day"]), ("cell", name)) if name in ("active", "active_28") and row["day"] else ""


_LINKS: dict[str, Callable[[Asked, Row, str, Address], str]] = {
    "trends": _trends,
    "funnel": _funnel,
    "paths": _paths,
    "lifecycle": _lifecycle,
    "stickiness": _stickiness,
}


def _cohorts(rows: Sequence[Row], a: Address) -> Table:
    periods = list(dict.fromkeys((row["first_index"], row["last_index"]) for row in rows))
    cohorts = list(dict.fromkeys(row["cohort"] for row in rows))
    cells = {(row["cohort"], row["first_index"], row["last_index"]): row for row in rows}
    lines = []
    for cohort in cohorts:
        found = [cells.get((cohort, *period)) for period in periods]
        sizes = [row["size"] for row in found if row]
        known = [size for size in sizes if not isinstance(size, Hidden)]
        size = _cell("size", {"size": sizes[0] if sizes and not known else max(known, default=0)}, a.also(("cell", cohort)) if cohort else "")
        line = [Cell(cohort or "All complete"), size]
        lines.append(line + [_retained(row, a) for row in found])
    return Table(("Cohort", "Size", *(str(low) if low == high else f"{low}–{high}" for low, high in periods)), lines)


def _retained(row: Row | None, a: Address) -> Cell:
    if row is None:
        return Cell("")
    if isinstance(row["share"], Hidden):
        return Cell(row["share"].text, True)
    parts = (row["cohort"], str(row["first_index"]), str(row["last_index"]))
    link = a.also(*(("cell", part) for part in parts)) if row["cohort"] and row["active"] else ""
    text = numbers.percent(row["share"]) + ("" if row["complete"] else " so far")
    return Cell(text, True, link, row["share"], f"{row['active']} of {row['size']}")
