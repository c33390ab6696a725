"""The session metrics: the page, its numbers as JSON and CSV, and the SQL they come from."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clew.analyses import session_metrics as analysis
from clew.analyses.dimensions import Dimension
from clew.analyses.periods import GRAINS
from clew.analyses.session_metrics import ALL_VALUES, Numbers
from clew.analyses.text import literal, runnable
from clew.web import ranges
from clew.web.address import Address
from clew.web.context import Context
from clew.web.metrics.answers import MOST_VALUES, Answers
from clew.web.metrics.metric import BY_KEY, EMPTY, METRICS
from clew.web.metrics.question import Question, read_question
from clew.web.metrics.replies import as_json, table
from clew.web.metrics.rows import lines, metrics_order, spark
from clew.web.notes import flags
from clew.web.overview.pages import FIRST_PAINT_SECONDS, WAIT_HEADER
from clew.web.render import first_steps, page
from clew.web.spreadsheet import csv_text

LISTED_VALUES, LISTED_PERIODS = 15, 100
"""Rows of the table on one page: pages stay small, and the CSV has all."""
NO_BUILD = "There is no build yet: the numbers come with the first one."
_SHAPES = {"session_metrics": analysis.TIME, "session_metrics_by": analysis.VALUE, "session_metrics_trend": analysis.BOTH}


class Script(NamedTuple):
    """A query as the drawer shows it."""

    name: str
    title: str
    sql: str
    values: list[tuple[str, str]]


async def show(request: Request) -> Response:
    """GET /sessions/metrics: the page."""
    question, dimensions = await read(request)
    if question is None:
        return first_steps(request, "sessions")
    seconds = None if request.headers.get(WAIT_HEADER) else FIRST_PAINT_SECONDS
    answer = await _answers(request).get(question, seconds)
    order = metrics_order(request.query_params.get("sort", ""), by_value=question.by is not None)
    every = lines(question, answer, order) if answer else []
    size = LISTED_VALUES if question.by else LISTED_PERIODS
    number = page_number(request, -(-len(every) // size))
    listed = every[(number - 1) * size : number * size]
    trends = await _answers(request).trends(question, tuple(line.key for line in listed), full=False, seconds=seconds)
    return page(
        request,
        "metrics.html",
        place="sessions",
        a=Address.of(request),
        q=question,
        answer=answer if trends is not None else None,
        tiles={metric.key: metric.tile(answer.now.total, answer.before and answer.before.total) if answer else EMPTY for metric in METRICS},
        metrics=METRICS,
        chosen=BY_KEY.get(request.query_params.get("metric", ""), METRICS[0]),
        total=answer.now.total if answer else Numbers(),
        lines=listed,
        order=order,
        page_number=number,
        pages=-(-len(every) // size),
        found=len(every),
        most=MOST_VALUES,
        sparks={key: spark(trend) for key, trend in (trends or {}).items()},
        scripts=_scripts(question),
        flags=flags.of_days(request, [] if answer is None else [p.starts.isoformat() for p, _ in answer.now.periods], question.range.last),
        dimensions=dimensions,
        grains=GRAINS,
        presets=ranges.PRESETS,
        only_table=request.query_params.get("view") == "table",
        settings=_context(request).settings,
    )


async def data(request: Request) -> Response:
    """GET /api/sessions/metrics: the numbers as JSON, with the lines that the chart draws."""
    question = await _asked(request)
    answer = await _answers(request).get(question)
    trends = await _answers(request).trends(question, question.drawn, full=True)
    if answer is None or trends is None:
        raise HTTPException(503)
    return Response(msgspec.json.encode(as_json(question, answer, trends)), media_type="application/json")


async def csv_file(request: Request) -> Response:
    """GET /sessions/metrics.csv: the whole table, safe to open in a spreadsheet."""
    question = await _asked(request)
    answer = await _answers(request).get(question, most=ALL_VALUES)
    if answer is None:
        raise HTTPException(503)
    return file(csv_text(*table(question, answer)), f"{file_name(question)}.csv", "text/csv")


async def sql_file(request: Request) -> Response:
    """GET /sessions/metrics/QUERY.sql: the query with its values written in; it runs as it is."""
    question = await _asked(request)
    name = request.path_params["query"]
    found = [script for script in _scripts(question) if script.name == name]
    if not found:
        raise HTTPException(404)
    shape = _SHAPES[name]
    return file(runnable(found[0].sql, analysis.values(question.now, shape, question.drawn)), f"{name}.sql", "application/sql")


def file_name(question: Question) -> str:
    by = f"_by_{question.by.key}" if question.by else f"_by_{question.now.grain}"
    return f"session_metrics{by}_{question.range.first}_{question.range.last}"


def _scripts(question: Question) -> list[Script]:
    """The queries that the page ran: the total and the periods; the values of the breakdown; their trends."""
    words = {analysis.TIME: "Tiles and chart", analysis.VALUE: "Breakdown", analysis.BOTH: "Trend of each value"}
    names = list(_SHAPES.items()) if question.by else list(_SHAPES.items())[:1]
    return [
        Script(
            name,
            words[shape],
            analysis.sql(question.now, shape),
            [(f"${key}", literal(value)) for key, value in analysis.values(question.now, shape, question.drawn).items()],
        )
        for name, shape in names
    ]


async def read(request: Request) -> tuple[Question | None, tuple[Dimension, ...]]:
    """What the URL asks, None before the first build; and what sessions can be filtered by."""
    context = _context(request)
    status = context.status()
    dimensions = await _answers(request).dimensions(status.build_id)
    try:
        return read_question(request.query_params, status, context.settings, dimensions), dimensions
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


async def _asked(request: Request) -> Question:
    question, _ = await read(request)
    if question is None:
        raise HTTPException(409, NO_BUILD)
    return question


def page_number(request: Request, pages: int) -> int:
    """Which page of a table the URL asks for, of those there are."""
    text = request.query_params.get("page", "1")
    return min(max(int(text), 1), max(pages, 1)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _answers(request: Request) -> Answers:
    answers: Answers = request.app.state.metrics
    return answers


def file(text: str, name: str, media_type: str) -> Response:
    """A file to keep."""
    return Response(text, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
