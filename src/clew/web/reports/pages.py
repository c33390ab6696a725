"""Reports: their list, the page of each, who is behind a number; and the same as JSON, CSV and SQL."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from clew.analyses import files
from clew.analyses.files import FileReport
from clew.analyses.registry import REPORTS
from clew.analyses.unseen import PARAMS, unseen
from clew.errors import QueryError
from clew.web import ranges
from clew.web.address import Address
from clew.web.context import Context
from clew.web.kept import saved
from clew.web.metrics.pages import NO_BUILD, file, page_number
from clew.web.notes import flags
from clew.web.overview.pages import FIRST_PAINT_SECONDS, WAIT_HEADER
from clew.web.render import PLACES, first_steps, page
from clew.web.reports import form
from clew.web.reports.answers import MOST_ROWS, Answers
from clew.web.reports.definitions import definition
from clew.web.reports.number import single
from clew.web.reports.question import BUILT_IN, TITLES, Asked, read
from clew.web.reports.seen import NOTHING, Seen, written
from clew.web.reports.table import table

LISTED = 100
"""Rows on one page: pages stay small, and the CSV has all."""


class Entry(NamedTuple):
    """A report in the list. `broken` says what is wrong with a file."""

    path: str
    title: str
    about: str
    broken: str = ""


async def index(request: Request) -> Response:
    """GET /reports: all there are."""
    context = _context(request)
    built_in = [Entry(f"/{report.name}", TITLES[report.name], report.help) for report in REPORTS]
    return page(
        request,
        "reports.html",
        place="reports",
        kept=saved.listed(context),
        built_in=built_in,
        playbook=[_entry(f) for f in files.playbook()],
        own=_own(context.root),
    )


def _own(root: Path) -> list[Entry]:
    found = []
    for path in sorted((root / "reports").glob("*.sql")):
        try:
            report = files.find(root, path.stem) if files.NAME.fullmatch(path.stem) else None
        except QueryError as error:
            found.append(Entry("", path.name, "", str(error)))
            continue
        wrong = (
            "expected a name of small letters, digits and _" if report is None else "a built-in report has this name" if path.stem in BUILT_IN else ""
        )
        found.append(_entry(report) if report and not wrong else Entry("", path.name, "", wrong))
    return found


def _entry(report: FileReport) -> Entry:
    return Entry(f"/reports/{report.name}", report.title, report.about)


async def show(request: Request) -> Response:
    """GET /trends and the like, GET /reports/NAME: the page; with `cell`, `reached` or `dropped` the list behind a number."""
    asked = read(_name(request), request.query_params, _context(request))
    place = _place(_name(request))
    if asked is None:
        return first_steps(request, place)
    seconds = None if request.headers.get(WAIT_HEADER) else FIRST_PAINT_SECONDS
    answered = await _answers(request).get(asked, seconds)
    seen = await _answers(request).seen(asked, seconds) if not asked.file or _offers_events(asked) else NOTHING
    answer = answered.answer if answered else None
    rows = answer.rows if answer else []
    number = page_number(request, -(-len(rows) // LISTED))
    address = Address(asked.path, tuple(request.query_params.multi_items()))
    return page(
        request,
        "report.html",
        status=400 if asked.refusal and not asked.is_empty else 200,
        place=place,
        a=address,
        asked=asked,
        answer=answer,
        answered=answered,
        ready=answered is not None and seen is not None,
        shown=table(asked, rows, address, number, LISTED) if answer else None,
        found=len(rows),
        most=MOST_ROWS,
        page_number=number,
        form=form.of_report(asked.report, asked.given) if asked.report else form.of_file(asked.file, asked.given) if asked.file else None,
        seen=seen or NOTHING,
        mistyped=_mistyped(asked, seen or NOTHING, address),
        is_list=asked.is_list,
        definition=asked.file.about if asked.file else definition(asked.name, _context(request).settings),
        presets=ranges.PRESETS,
        kept=saved.kept_as(request, asked),
        flags=flags.of_report(request, asked, rows),
        headline=single(asked, rows) if rows and not asked.file else None,
        only_table=request.query_params.get("view") == "table",
    )


class Mistyped(NamedTuple):
    """An event that was never seen, and the nearest that were, each with the address that asks for it instead."""

    name: str
    nearest: list[tuple[str, str]]


def _mistyped(asked: Asked, seen: Seen, a: Address) -> list[Mistyped]:
    if not seen.ever:
        return []
    return [Mistyped(name, [(near, a.instead(PARAMS, name, written(near))) for near in nearest]) for name, nearest in unseen(asked.given, seen.ever)]


async def data(request: Request) -> Response:
    """GET /api/reports/NAME: `report`, `params`, `data_as_of`, `rows`, and the `chart` that the page draws."""
    asked = _asked(request)
    answered = await _answers(request).get(asked)
    if answered is None or answered.answer is None:
        raise HTTPException(400, answered.refusal if answered else "")
    answer = answered.answer
    told = {**answer.as_json(), "chart": answer.chart, "seconds": round(answered.seconds, 4), "engine": answer.engine, "build_id": asked.build_id}
    return Response(msgspec.json.encode(told), media_type="application/json")


async def csv_file(request: Request) -> Response:
    """GET /reports/NAME.csv: all rows, safe to open in a spreadsheet."""
    asked = _asked(request)
    if asked.question is None:
        raise HTTPException(400, asked.refusal)
    try:
        path = await _answers(request).export(asked.question.sql)
    except QueryError as error:
        raise HTTPException(400, str(error)) from error
    return FileResponse(path, media_type="text/csv", filename=f"{asked.name}.csv", background=BackgroundTask(path.unlink))


async def sql_file(request: Request) -> Response:
    """GET /reports/NAME.sql: the query, which runs as it is."""
    asked = _asked(request)
    if asked.question is None:
        raise HTTPException(400, asked.refusal)
    return file(asked.question.sql, f"{asked.name}.sql", "application/sql")


def _asked(request: Request) -> Asked:
    asked = read(_name(request), request.query_params, _context(request))
    if asked is None:
        raise HTTPException(409, NO_BUILD)
    return asked


def _name(request: Request) -> str:
    name: str = request.path_params.get("name") or request.url.path.strip("/")
    return name


def _place(name: str) -> str:
    return name if any(place.name == name for place in PLACES) else "reports"


def _offers_events(asked: Asked) -> bool:
    return asked.file is not None and any(param.name in PARAMS for param in asked.file.params)


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _answers(request: Request) -> Answers:
    answers: Answers = request.app.state.reports
    return answers
