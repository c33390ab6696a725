"""The table of pages: its rows in the order asked for; and the same for programs and spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from clew.analyses.pages import Numbers, Row
from clew.web.metrics.rows import NAME, SHOWN
from clew.web.numbers import Change
from clew.web.ordering import Order, ordered, read_order
from clew.web.page_table.answers import Answer, Asked
from clew.web.page_table.columns import BY_KEY, COLUMNS
from clew.web.spreadsheet import Cell


class Written(NamedTuple):
    """A number as the table shows it; `few` where it is made of few."""

    text: str
    few: bool


class Line(NamedTuple):
    """A row. `change` is that of its views."""

    page: str
    name: str
    cells: tuple[Written, ...]
    change: Change


class RowJson(msgspec.Struct, frozen=True):
    page: str
    numbers: dict[str, float | None]


class PagesJson(msgspec.Struct, frozen=True):
    """`before` has the pages of `rows` that were seen in the period before. Rates are shares, times seconds."""

    build_id: int
    data_as_of: int
    seconds: float
    total: dict[str, float | None]
    total_before: dict[str, float | None] | None
    rows: list[RowJson]
    before: list[RowJson]


def pages_order(text: str) -> Order:
    """`sort=exits` or `sort=exits-up`; usually the most viewed first."""
    return read_order(text, {NAME, *BY_KEY}, Order("views"))


def lines(answer: Answer, order: Order) -> list[Line]:
    """All rows, sorted. Rows without the number come last, either way."""
    of = BY_KEY[order.key].of if order.key != NAME else None
    rows = ordered(answer.now.rows, lambda row: of(row.numbers) if of else row.page, order)
    if answer.before is None:
        return [_line(row, None) for row in rows]
    before = {row.page: row.numbers for row in answer.before.rows}
    return [_line(row, before.get(row.page, Numbers())) for row in rows]


def written(found: Numbers) -> tuple[Written, ...]:
    return tuple(Written(column.written(found), column.is_few(found)) for column in COLUMNS)


def as_json(asked: Asked, answer: Answer) -> PagesJson:
    before = answer.before
    return PagesJson(
        build_id=asked.question.build_id,
        data_as_of=asked.question.data_as_of,
        seconds=round(answer.seconds, 4),
        total=_figures(answer.now.total),
        total_before=_figures(before.total) if before else None,
        rows=[RowJson(row.page, _figures(row.numbers)) for row in answer.now.rows],
        before=[RowJson(row.page, _figures(row.numbers)) for row in before.rows] if before else [],
    )


def table(rows: Sequence[Row]) -> tuple[Sequence[str], list[list[Cell]]]:
    """Head and rows of the CSV."""
    heads = ["page", "views", "sessions", "views_per_session", "entrances", "bounced", "bounce_rate", "exits", "exit_rate"]
    return [*heads, "timed_views", "median_seconds", "mean_seconds"], [[row.page, *_cells(row.numbers)] for row in rows]


def _cells(n: Numbers) -> list[Cell]:
    counted: list[Cell] = [n.views, n.sessions, n.views_per_session, n.entrances, n.bounced, n.bounce_rate, n.exits, n.exit_rate]
    return [*counted, n.timed, n.median_seconds, n.mean_seconds]


def _line(row: Row, before: Numbers | None) -> Line:
    shown = row.page if len(row.page) <= SHOWN else f"{row.page[: SHOWN - 1]}…"
    return Line(row.page, shown, written(row.numbers), BY_KEY["views"].change(row.numbers, before))


def _figures(n: Numbers) -> dict[str, float | None]:
    return {column.key: column.of(n) for column in COLUMNS}
