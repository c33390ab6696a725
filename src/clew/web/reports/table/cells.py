"""Cells of a report's table: values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from clew.web import numbers
from clew.web.numbers import Hidden

Row = Mapping[str, Any]
_SHARES = ("share", "ratio", "reached_goal", "retention", "retained_of", "overlap", "churn", "came_back", "day_1", "day_7", "day_14", "day_28")
_LONGEST = 120


class Cell(NamedTuple):
    """`link` leads to who is behind the number; `heat` is a share to colour by; `full` what `text` cuts; `by` what a table is sorted by.

    `note` stands small behind the text; `few` marks a share of a small sample.
    """

    text: str
    is_number: bool = False
    link: str = ""
    heat: float | None = None
    full: str = ""
    by: Any = None
    note: str = ""
    few: bool = False


class Head(NamedTuple):
    """The head of a column. `key` sorts by it; without one it is not sorted by."""

    title: str
    key: str = ""


class Table(NamedTuple):
    """Heads, and rows of cells. `left_out`: values of a breakdown that have no column."""

    heads: tuple[Head, ...]
    rows: list[list[Cell]]
    left_out: int = 0

    @property
    def has_few(self) -> bool:
        """Whether a share of a small sample is among them."""
        return any(each.few for line in self.rows for each in line)

    @property
    def numeric(self) -> list[bool]:
        """Which columns are of numbers."""
        return [self.is_number(column) for column in range(len(self.heads))]

    def is_number(self, column: int) -> bool:
        """Whether a column is of numbers."""
        return any(row[column].is_number and row[column].text not in ("", numbers.NONE) for row in self.rows)


def cell(name: str, row: Row, link: str = "") -> Cell:
    """The value of a row under `name`."""
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
    return Cell(cut, is_number or value is None, link if value not in (None, 0) else "", full=text if cut != text else "", by=comparable(value))


def comparable(value: Any) -> Any:
    """What a value is sorted by: None where there is none; numbers before texts."""
    if value is None or isinstance(value, Hidden):
        return None
    return (0, value) if isinstance(value, int | float) else (1, written("", value))


def _person(row: Row) -> str:
    """The page of a list's person, opened at the session where the list is one of sessions."""
    if "session_start" in row:
        return f"/people/?number={row['person_id']}&session={row['unit']}"
    return f"/people/?number={row['unit']}" if isinstance(row.get("unit"), int) else ""


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
