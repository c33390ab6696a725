"""From a number of a report's table, the address of who is behind it."""

from __future__ import annotations

from collections.abc import Callable

from clew.web.address import Address
from clew.web.reports.question import Asked
from clew.web.reports.table.cells import Row

Link = Callable[[str, Row], str]
"""Of a column's name and a row; empty where nobody is behind the number."""


def behind(asked: Asked, a: Address) -> Link:
    """The links of the report's numbers. A list has none: it is who was behind one."""
    link = _LINKS.get(asked.name) if not asked.is_list else None
    return (lambda name, row: link(asked, row, name, a)) if link else (lambda name, row: "")


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


def _retention(asked: Asked, row: Row, name: str, a: Address) -> str:
    if not row.get("cohort"):
        return ""
    if name == "size":
        return a.also(("cell", row["cohort"]))
    return a.also(*(("cell", str(row[part])) for part in ("cohort", "first_index", "last_index"))) if row["active"] else ""


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
    "retention": _retention,
    "lifecycle": _lifecycle,
    "stickiness": _stickiness,
}
