"""The tiles of a dashboard: what each saved report says at the newest build."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from clew.errors import QueryError
from clew.state.boards import TileRow
from clew.warehouse.query import read_only
from clew.web.address import Address
from clew.web.boards import counts, few, private
from clew.web.boards.counts import Row
from clew.web.context import Context
from clew.web.kept.asking import url
from clew.web.remembered import Remembered
from clew.web.reports.answers import Answered, Answers
from clew.web.reports.number import Single, single
from clew.web.reports.question import Asked, read
from clew.web.reports.table import Table, table

LISTED = 12
"""Rows of a table on a dashboard; the report has all."""


class Tile(NamedTuple):
    """As a page draws it. `ready` is false while the answer is not there; `refusal` says why there is none to show."""

    row: TileRow
    href: str
    data: str
    """Where the page's script gets the chart."""
    ready: bool
    refusal: str = ""
    table: Table | None = None
    rows: int = 0
    number: Single | None = None
    chart: dict[str, Any] | None = None
    days: str = ""


class Tiles:
    """Asks for tiles, and whether strangers may see them; both once a build."""

    def __init__(self, context: Context, answers: Answers, turn: asyncio.Semaphore) -> None:
        self._context = context
        self._answers = answers
        self._private = Remembered[str](turn)

    async def get(self, rows: Sequence[TileRow], seconds: float | None) -> list[Tile]:
        """Each with its links, for who is logged in."""
        return list(await asyncio.gather(*(self._get(row, seconds) for row in rows)))

    async def shared(self, row: TileRow, data: str) -> Tile:
        """For who is not: without links, and with a refusal where the answer would show a person."""
        tile, asked, answered = await self._asked(row, None)
        reason = await self.hidden(asked, answered) if asked and answered else tile.refusal
        if reason:
            # What the database says of a failed question is nobody's who is not logged in.
            return Tile(row, "", "", True, "This is not shown to who is not logged in." if asked and answered and answered.answer else "No answer.")
        if asked is None or answered is None or answered.answer is None:
            return tile._replace(href="")
        rows = few.hide(asked.name, asked.given, answered.answer.rows, await self._behind(asked, row), self._context.settings.web.shared_least)
        tile = _drawn(Tile(row, "", data, True), asked, rows)
        return tile._replace(table=tile.table and _without_links(tile.table))

    async def hidden(self, asked: Asked, answered: Answered) -> str:
        """Why strangers do not see it; empty where they do."""
        answer = answered.answer
        if asked.question is None or answer is None:
            return "It has no answer."
        if asked.name in counts.UNKNOWN and self._context.settings.web.shared_least > 1:
            return "Its shares are of numbers that it does not say, which may be small."
        key = (asked.name, asked.question.sql, asked.build_id)
        ask = partial(private.refusal, asked, answer.rows, self._known, self._context.root)
        return await self._private.get(key, ask) or ""

    async def reasons(self, rows: Sequence[TileRow]) -> list[tuple[TileRow, str]]:
        """The tiles that a link does not show, each with why."""
        found = []
        for row in rows:
            tile, asked, answered = await self._asked(row, None)
            reason = await self.hidden(asked, answered) if asked and answered else tile.refusal
            found += [(row, reason)] if reason else []
        return found

    async def _behind(self, asked: Asked, row: TileRow) -> list[list[dict[str, Any]]]:
        """For a trend, the people who are counted in its numbers; of a ratio, those of both sides."""
        if asked.name != "trends":
            return []
        found = [self._people(row, given) for given in ("event", "divided_by") if given == "event" or asked.given.get(given)]
        return await asyncio.gather(*found)

    async def _people(self, row: TileRow, given: str) -> list[dict[str, Any]]:
        asked = read(row.report, QueryParams(_people_of(row.query, given)), self._context)
        answered = await self._answers.get(asked) if asked else None
        if answered is None or answered.answer is None:
            raise HTTPException(400, answered.refusal if answered else "There is no build yet.")
        return answered.answer.rows

    def _known(self, texts: Sequence[str]) -> bool:
        with read_only(self._context.warehouse, self._context.settings.web.query_seconds) as cursor:
            return private.known_in(cursor, texts)

    async def _get(self, row: TileRow, seconds: float | None) -> Tile:
        tile, _, _ = await self._asked(row, seconds)
        return tile

    async def _asked(self, row: TileRow, seconds: float | None) -> tuple[Tile, Asked | None, Answered | None]:
        href = url(row.report, row.query)
        try:
            asked = read(row.report, QueryParams(row.query), self._context)
        except (HTTPException, QueryError) as error:
            return Tile(row, href, "", True, str(getattr(error, "detail", error))), None, None
        if asked is None:
            return Tile(row, href, "", True, "There is no build yet."), None, None
        answered = await self._answers.get(asked, seconds)
        tile = Tile(row, href, f"/api/reports/{row.report}?{row.query}", answered is not None, days=_days(asked))
        if answered is None or answered.answer is None:
            return tile._replace(refusal=answered.refusal if answered else ""), asked, answered
        return _drawn(tile, asked, answered.answer.rows), asked, answered


def _days(asked: Asked) -> str:
    return f"{asked.range.first} – {asked.range.last}" if asked.range else ""


def _people_of(query: str, given: str) -> list[tuple[str, str]]:
    """The question of a trend, asked for the people who did what `given` names."""
    items = [(name, value) for name, value in parse_qsl(query) if name not in ("measure", "property", "event", "divided_by")]
    return [*items, *(("event", value) for name, value in parse_qsl(query) if name == given), ("measure", "people")]


def _drawn(tile: Tile, asked: Asked, rows: Sequence[Row]) -> Tile:
    """`rows` may hide numbers."""
    tile = tile._replace(rows=len(rows), days=_days(asked))
    if not rows:
        return tile._replace(refusal="Nothing to count in these days.")
    if tile.row.shape == "number":
        found = None if asked.file and few.any_hidden(rows[:1]) else single(asked, few.shown(rows))
        return tile._replace(number=found, refusal="" if found else _no_number(rows))
    if tile.row.shape == "chart" and asked.question is not None and (chart := asked.question.chart(few.shown(rows))):
        return tile._replace(chart=chart)
    whole = table(asked, rows, Address(asked.path, tuple(parse_qsl(tile.row.query)))).table
    return tile._replace(table=whole._replace(rows=whole.rows[:LISTED]))


def _no_number(rows: Sequence[Row]) -> str:
    return (
        "It stands for few, or would tell a number that does, and is hidden."
        if few.any_hidden(rows)
        else "This report has no single number: show it as a table."
    )


def _without_links(found: Table) -> Table:
    return found._replace(rows=[[cell._replace(link="") for cell in row] for row in found.rows])
