"""The comparison of two groups: the page, and the same as JSON and CSV."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clew.analyses.answer import Answer
from clew.analyses.charts import compared
from clew.analyses.comparing import Line, lines, parts
from clew.web.address import Address
from clew.web.ask import context_of
from clew.web.comparing.question import GROUPS, Comparison, read_comparison
from clew.web.metrics.pages import NO_BUILD, file
from clew.web.overview.pages import FIRST_PAINT_SECONDS, WAIT_HEADER
from clew.web.ranges import PRESETS
from clew.web.render import first_steps, page
from clew.web.reports.answers import Answers
from clew.web.reports.question import Build
from clew.web.reports.seen import NOTHING, Seen
from clew.web.spreadsheet import csv_text


class Compared(NamedTuple):
    """`lines` are empty while an answer is not there (`ready` false), or where there is none (`refusal`)."""

    lines: list[Line]
    ready: bool
    refusal: str = ""
    seconds: float = 0.0


async def show(request: Request) -> Response:
    """GET /compare/NAME: the page."""
    build = _build(request)
    if build is None:
        return first_steps(request, request.path_params["name"])
    found = _read(request, build)
    seconds = None if request.headers.get(WAIT_HEADER) else FIRST_PAINT_SECONDS
    told = await _compared(request, found, seconds)
    seen = await _answers(request).seen(found.asked, seconds) or NOTHING
    return page(
        request,
        "compare.html",
        status=400 if told.refusal else 200,
        place=found.asked.name,
        a=Address.of(request),
        found=found,
        told=told,
        kinds=GROUPS,
        presets=PRESETS,
        offers=await _offers(request, found, seen, seconds),
        only_table=request.query_params.get("view") == "table",
        chosen=(request.query_params.get("a", ""), request.query_params.get("b", "")),
        report=Address(found.asked.path, tuple(request.query_params.multi_items())).without(("groups", "a", "b")),
    )


async def data(request: Request) -> Response:
    """GET /api/compare/NAME: the groups, the lines, and the `chart` that the page draws."""
    found, told = await _whole(request)
    assert found.groups is not None
    a, b = (group.title for group in found.groups)
    chart = compared(found.asked.name, (a, b), told.lines) if told.lines else None
    rows = [line.as_json() for line in told.lines]
    return JSONResponse({"report": found.asked.name, "groups": found.kind, "a": a, "b": b, "rows": rows, "chart": chart})


async def csv_file(request: Request) -> Response:
    """GET /compare/NAME.csv: the lines."""
    found, told = await _whole(request)
    rows = [line.as_json() for line in told.lines]
    return file(csv_text(list(rows[0]) if rows else ["name"], [list(row.values()) for row in rows]), f"compare_{found.asked.name}.csv", "text/csv")


async def _whole(request: Request) -> tuple[Comparison, Compared]:
    build = _build(request)
    if build is None:
        raise HTTPException(409, NO_BUILD)
    found = _read(request, build)
    told = await _compared(request, found, None)
    if found.groups is None or told.refusal:
        raise HTTPException(400, found.missing or told.refusal or "expected a step, found none")
    return found, told


async def _compared(request: Request, found: Comparison, seconds: float | None) -> Compared:
    if found.groups is None:
        return Compared([], True)
    answered = [await _answers(request).get(group.asked, seconds) for group in found.groups]
    both = [each for each in answered if each is not None]
    if len(both) < 2:
        return Compared([], False)
    took = sum(each.seconds for each in both)
    if refusal := both[0].refusal or both[1].refusal:
        return Compared([], True, refusal, took)
    shares = [parts(found.asked.name, _rows(each.answer), group.value) for each, group in zip(both, found.groups, strict=True)]
    return Compared(lines(*shares), True, "", took)


async def _offers(request: Request, found: Comparison, seen: Seen, seconds: float | None) -> list[str]:
    """What the two fields offer: the values of the breakdown, or events really seen."""
    if found.kind == "events":
        return [name for name, _ in seen.events]
    answered = await _answers(request).get(found.asked, seconds) if found.kind == "values" and found.asked.question else None
    rows = _rows(answered.answer) if answered else []
    return list(dict.fromkeys(row["by_value"] for row in rows if row.get("by_value") is not None))


def _rows(answer: Answer | None) -> list[dict[str, Any]]:
    return answer.rows if answer else []


def _read(request: Request, build: Build) -> Comparison:
    context = context_of(request)
    return read_comparison(request.path_params["name"], request.query_params, context.settings, context.root, build)


def _build(request: Request) -> Build | None:
    status = context_of(request).status()
    return None if status.build_id is None or status.data_as_of is None else Build(status.build_id, status.data_as_of)


def _answers(request: Request) -> Answers:
    answers: Answers = request.app.state.reports
    return answers
