"""GET /reports/NAME/verify: a report's answer from the timeline beside that of its SQL, and whether they agree."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clew.analyses.told import Told, Verdict
from clew.web.address import Address
from clew.web.metrics.pages import NO_BUILD
from clew.web.render import PLACES, page
from clew.web.reports.question import Asked, read
from clew.web.reports.table import Table, table

MOST_ROWS = 200
"""Rows of an answer that are shown; all are compared."""


class Side(NamedTuple):
    """One of both answers, as the report's table. `differs`: whether the other has another line at the place of each."""

    title: str
    seconds: float
    found: int
    table: Table
    differs: list[bool]


async def show(request: Request) -> Response:
    """The page. Its address is the report's with the same params."""
    name: str = request.path_params["name"]
    asked = read(name, request.query_params, request.app.state.context)
    if asked is None:
        raise HTTPException(409, NO_BUILD)
    if asked.question is None:
        raise HTTPException(400, asked.refusal)
    verdict = await request.app.state.reports.verify(asked.question)
    address = Address(asked.path, tuple(request.query_params.multi_items()))
    place = name if any(each.name == name for each in PLACES) else "reports"
    return page(request, "verify.html", place=place, asked=asked, a=address, verdict=verdict, sides=_sides(asked, verdict), most=MOST_ROWS)


def _sides(asked: Asked, verdict: Verdict) -> list[Side]:
    told = [("Timeline", verdict.kernel), ("SQL", verdict.sql)]
    tables = [(title, answer, table(asked, answer.rows, Address(asked.path, ())).table) for title, answer in told if answer]
    return [_side(title, answer, whole, tables[-1 - n][2]) for n, (title, answer, whole) in enumerate(tables)]


def _side(title: str, told: Told, whole: Table, other: Table) -> Side:
    lines = [(whole.heads != other.heads or mine != theirs, mine) for mine, theirs in zip_longest(whole.rows, other.rows) if mine is not None]
    # Those that differ first: they are what one came for.
    shown = sorted(lines, key=lambda line: not line[0])[:MOST_ROWS]
    return Side(title, told.seconds, len(told.rows), whole._replace(rows=[cells for _, cells in shown]), [differs for differs, _ in shown])
