"""GET /reports/NAME/verify: a report's answer from the timeline beside that of its SQL, and whether they agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clew.analyses.told import Told, Verdict
from clew.web.address import Address
from clew.web.metrics.pages import NO_BUILD
from clew.web.render import PLACES, page
from clew.web.reports.question import read
from clew.web.reports.table import written

MOST_ROWS = 200
"""Rows of an answer that are shown; all are compared."""


class Side(NamedTuple):
    """One of both answers."""

    title: str
    seconds: float
    found: int
    heads: tuple[str, ...]
    rows: list[tuple[bool, list[str]]]
    """Whether the other has another one at its place, and the cells."""


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
    return page(request, "verify.html", place=place, asked=asked, a=address, verdict=verdict, sides=_sides(verdict), most=MOST_ROWS)


def _sides(verdict: Verdict) -> list[Side]:
    ours = verdict.kernel.rows if verdict.kernel else []
    sides = [_side("SQL", verdict.sql, ours if verdict.kernel else verdict.sql.rows)]
    return ([_side("Timeline", verdict.kernel, verdict.sql.rows)] if verdict.kernel else []) + sides


def _side(title: str, told: Told, other: Sequence[dict[str, Any]]) -> Side:
    heads = tuple(told.rows[0]) if told.rows else ()
    rows = [(n >= len(other) or row != other[n], [written(name, row[name]) for name in heads]) for n, row in enumerate(told.rows)]
    # Those that differ first: they are what one came for.
    shown = sorted(rows, key=lambda row: not row[0])[:MOST_ROWS]
    return Side(title, told.seconds, len(told.rows), tuple(head.replace("_", " ").capitalize() for head in heads), shown)
