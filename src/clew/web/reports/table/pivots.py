"""Reports whose table has a column a period, or a value of the breakdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clew.web import numbers
from clew.web.numbers import Hidden
from clew.web.reports.table.behind import Link
from clew.web.reports.table.cells import Cell, Head, Row, Table, cell, comparable, written

COLUMNS = 8
"""Values of a breakdown beside each other: the largest, as in the chart."""


def by_value(rows: Sequence[Row], link: Link) -> Table:
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
        counted = [cell("value", row, link("value", row)) for row in (cells[period, value] for value in shown)]
        lines.append([Cell(period, by=comparable(period)), *counted, Cell("" if complete[period] else "so far")])
    titles = [written("by_value", value) for value in shown]
    return Table((Head("Period", "period"), *(Head(title, title) for title in titles), Head("")), lines, len(sums) - len(shown))


def cohorts(rows: Sequence[Row], link: Link, interval: str) -> Table:
    """Retention: a row a cohort, that of all first, and a column a period, `interval` by name."""
    periods = list(dict.fromkeys((row["first_index"], row["last_index"]) for row in rows))
    found: dict[Any, dict[tuple[int, int], Row]] = {}
    for row in rows:
        found.setdefault(row["cohort"], {})[row["first_index"], row["last_index"]] = row
    lines = [[_cohort(name), _size(cells, link), *(_retained(cells.get(period), link) for period in periods)] for name, cells in found.items()]
    titles = [str(low) if low == high else f"{low}–{high}" for low, high in periods]
    return Table((Head("Cohort", "cohort"), Head("Size", "size"), *(Head(f"{interval.capitalize()} {title}", title) for title in titles)), lines)


def _cohort(name: str | None) -> Cell:
    return Cell(name or "All complete", by=comparable(name))


def _size(cells: dict[tuple[int, int], Row], link: Link) -> Cell:
    """Of periods that not all of a cohort have lived through, those who have are fewer."""
    rows = list(cells.values())
    known = [row for row in rows if not isinstance(row["size"], Hidden)]
    largest = max(known, key=lambda row: row["size"], default=rows[0])
    return cell("size", largest, link("size", largest))


def _retained(row: Row | None, link: Link) -> Cell:
    if row is None:
        return Cell("")
    if isinstance(row["share"], Hidden):
        return Cell(row["share"].text, True)
    note, few = "" if row["complete"] else "so far", 0 < row["size"] < numbers.SMALL_SAMPLE
    full = f"{row['active']:,} of {row['size']:,}"
    return Cell(numbers.percent(row["share"]), True, link("share", row), row["share"], full, comparable(row["share"]), note, few)
