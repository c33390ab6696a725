"""The overview: the page, its numbers as JSON and CSV, and the SQL they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clew.analyses import definitions
from clew.analyses import overview as analysis
from clew.analyses.overview import Day, Numbers
from clew.analyses.text import literal, runnable, sql_text
from clew.config import Settings
from clew.web import ranges
from clew.web.context import Context
from clew.web.notes import flags
from clew.web.ordering import PARAM, Order, ordered, read_order
from clew.web.overview.answers import Answer, Answers
from clew.web.overview.question import METRICS, Question, read_question, read_view
from clew.web.overview.tiles import as_json, tiles
from clew.web.render import first_steps, page
from clew.web.spreadsheet import csv_text

FIRST_PAINT_SECONDS = 0.15
"""A page waits this long for its numbers. Without them it is shown with gaps, and its script asks again, willing to wait."""
LISTED_DAYS = 250
"""Rows of the table at most: pages stay small, and the CSV has all."""
WAIT_HEADER = "x-clew-wait"


class Metric(NamedTuple):
    """A number of the page: its definition, and the query that counts it."""

    key: str
    title: str
    query: str
    definition: Callable[[Settings], str]


_METRICS = (
    Metric("sessions", "Sessions", analysis.SESSIONS, definitions.sessions),
    Metric("people", "Active people", analysis.PEOPLE, definitions.people),
    Metric("bounce", "Bounce rate", analysis.SESSIONS, definitions.bounce_rate),
)

_COLUMNS = {
    "sessions": "Sessions",
    "bounced": "Bounced",
    "bounce_rate": "Bounce rate",
    "people": "Active people",
    "raw_ids": "Raw ids",
    "joined": "Joined",
}
"""The numbers of a day in the table, each by its name in the URL's `sort`."""


class Drawer(NamedTuple):
    """What a number opens to: its definition, the SQL that was run, and what was bound to it."""

    metric: Metric
    definition: str
    sql: str
    values: list[tuple[str, str]]


async def show(request: Request) -> Response:
    """GET /: the page."""
    question = _question(request)
    if question is None:
        return first_steps(request)
    seconds = None if request.headers.get(WAIT_HEADER) else FIRST_PAINT_SECONDS
    answer = await _answers(request).get(question, seconds)
    view = read_view(request.query_params, question)
    rows = list(reversed(answer.now.days if answer else [Day(day, Numbers()) for day in question.range.each()]))
    order = read_order(request.query_params.get(PARAM, ""), ("day", *_COLUMNS), Order("day"))
    return page(
        request,
        "overview.html",
        place="overview",
        v=view,
        answer=answer,
        tiles=tiles(answer),
        total=answer.now.total if answer else Numbers(),
        rows=ordered(rows[:LISTED_DAYS], lambda row: row.day if order.key == "day" else getattr(row.numbers, order.key), order),
        order=order,
        columns=tuple(_COLUMNS.items()),
        cut=len(rows) > LISTED_DAYS,
        unfinished=question.today,
        flags=flags.of_days(request, [day.isoformat() for day, _ in reversed(rows)], question.range.last),
        metrics=_METRICS,
        chosen=_METRICS[METRICS.index(view.metric)],
        drawers=[_drawer(metric, question, _context(request).settings) for metric in _METRICS],
        presets=ranges.PRESETS,
        sources=_context(request).settings.sources,
    )


async def data(request: Request) -> Response:
    """GET /api/overview: the numbers as JSON."""
    question, answer = await _answered(request)
    return Response(msgspec.json.encode(as_json(question, answer)), media_type="application/json")


async def csv_file(request: Request) -> Response:
    """GET /overview.csv: the table, safe to open in a spreadsheet."""
    question, answer = await _answered(request)
    header = ("day", "sessions", "bounced", "bounce_rate", "active_people", "raw_ids")
    rows = [(day.isoformat(), n.sessions, n.bounced, n.bounce_rate, n.people, n.raw_ids) for day, n in answer.now.days]
    return _file(csv_text(header, rows), f"overview_{question.range.first}_{question.range.last}.csv", "text/csv")


async def sql_file(request: Request) -> Response:
    """GET /overview/QUERY.sql: the query with its values written in; it runs as it is."""
    question = _question(request)
    query = request.path_params["query"]
    if question is None or query not in {metric.query for metric in _METRICS}:
        raise HTTPException(404)
    return _file(runnable(sql_text(query), analysis.values(question.now, query)), f"{query}.sql", "application/sql")


async def _answered(request: Request) -> tuple[Question, Answer]:
    question = _question(request)
    answer = await _answers(request).get(question) if question else None
    if question is None or answer is None:
        raise HTTPException(409, "There is no build yet: the numbers come with the first one.")
    return question, answer


def _question(request: Request) -> Question | None:
    context = _context(request)
    try:
        return read_question(request.query_params, context.status(), context.settings)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


def _drawer(metric: Metric, question: Question, settings: Settings) -> Drawer:
    values = [(f"${name}", literal(value)) for name, value in analysis.values(question.now, metric.query).items()]
    return Drawer(metric, metric.definition(settings), sql_text(metric.query), values)


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _answers(request: Request) -> Answers:
    answers: Answers = request.app.state.answers
    return answers


def _file(text: str, name: str, media_type: str) -> Response:
    return Response(text, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
