"""The pages table: the page, its numbers as JSON and CSV, and the SQL they come from."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clew.analyses import pages as analysis
from clew.analyses.pages import ALL_PAGES, Numbers
from clew.analyses.text import literal, runnable
from clew.web import ranges
from clew.web.address import Address
from clew.web.context import Context
from clew.web.metrics import pages as metrics
from clew.web.metrics.answers import MOST_VALUES
from clew.web.metrics.metric import EMPTY
from clew.web.overview.pages import FIRST_PAINT_SECONDS, WAIT_HEADER
from clew.web.page_table.answers import Answer, Answers, Asked
from clew.web.page_table.columns import COLUMNS, TILES
from clew.web.page_table.rows import as_json, lines, pages_order, table, written
from clew.web.render import first_steps, page
from clew.web.spreadsheet import csv_text

LISTED = 25
"""Rows of the table on one page: pages stay small, and the CSV has all."""
LONGEST_TEXT = 200
"""Characters of the text to look for."""
OWN = ("holding", "sort", "page")
"""Parameters that the session metrics do not share."""


async def show(request: Request) -> Response:
    """GET /pages: the page."""
    asked = await _asked(request)
    if asked is None:
        return first_steps(request, "pages")
    answer = await _answers(request).get(asked, None if request.headers.get(WAIT_HEADER) else FIRST_PAINT_SECONDS)
    order = pages_order(request.query_params.get("sort", ""))
    every = lines(answer, order) if answer else []
    number = metrics.page_number(request, -(-len(every) // LISTED))
    total = answer.now.total if answer else Numbers()
    address = Address.of(request)
    return page(
        request,
        "pages.html",
        place="pages",
        a=address,
        sessions=Address("/sessions/metrics", tuple(address.kept(*OWN))),
        q=asked.question,
        holding=asked.holding,
        answer=answer,
        tiles=[(column, column.tile(total, answer.before and answer.before.total) if answer else EMPTY) for column in TILES],
        columns=COLUMNS,
        total=written(total),
        lines=every[(number - 1) * LISTED : number * LISTED],
        order=order,
        page_number=number,
        pages=-(-len(every) // LISTED),
        found=len(every),
        most=MOST_VALUES,
        sql=analysis.sql(asked.now),
        values=[(f"${key}", literal(value)) for key, value in analysis.values(asked.now, most=MOST_VALUES).items()],
        presets=ranges.PRESETS,
        settings=_context(request).settings,
    )


async def data(request: Request) -> Response:
    """GET /api/pages: the numbers as JSON."""
    asked, answer = await _answered(request, MOST_VALUES)
    return Response(msgspec.json.encode(as_json(asked, answer)), media_type="application/json")


async def csv_file(request: Request) -> Response:
    """GET /pages.csv: all pages, safe to open in a spreadsheet."""
    asked, answer = await _answered(request, ALL_PAGES)
    days = asked.question.range
    return metrics.file(csv_text(*table(answer.now.rows)), f"pages_{days.first}_{days.last}.csv", "text/csv")


async def sql_file(request: Request) -> Response:
    """GET /pages.sql: the query with its values written in; it runs as it is."""
    asked = await _asked(request)
    if asked is None:
        raise HTTPException(409, metrics.NO_BUILD)
    return metrics.file(runnable(analysis.sql(asked.now), analysis.values(asked.now, most=MOST_VALUES)), "pages.sql", "application/sql")


async def _asked(request: Request) -> Asked | None:
    """What the URL asks; None before the first build."""
    question, _ = await metrics.read(request)
    holding = request.query_params.get("holding", "")
    if len(holding) > LONGEST_TEXT:
        raise HTTPException(400, f"expected holding= of at most {LONGEST_TEXT} characters, found {len(holding)}")
    return Asked(question, holding) if question else None


async def _answered(request: Request, most: int) -> tuple[Asked, Answer]:
    asked = await _asked(request)
    if asked is None:
        raise HTTPException(409, metrics.NO_BUILD)
    answer = await _answers(request).get(asked, most=most)
    if answer is None:
        raise HTTPException(503)
    return asked, answer


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _answers(request: Request) -> Answers:
    answers: Answers = request.app.state.page_table
    return answers
