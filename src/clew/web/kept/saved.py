"""Saving a report under a name, opening it again, giving it another name, deleting it."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.errors import StateError
from clew.state import saved
from clew.state.schedules import Schedule, all_schedules, schedule, unschedule
from clew.web.context import Context
from clew.web.guard import checked_form, who
from clew.web.kept.asking import kept_query, may_be_kept, url, words
from clew.web.reports.question import Asked, read


class Listed(NamedTuple):
    """A saved report as a list shows it."""

    saved: saved.Saved
    words: str
    schedules: list[Schedule]


class Kept(NamedTuple):
    """What a report's page says of keeping it: `query` is what is kept, `names` those under which it is."""

    query: str
    names: tuple[saved.Saved, ...]


def listed(context: Context) -> list[Listed]:
    """All, by name."""
    files = all_schedules(context.state)
    return [
        Listed(each, words(each.report, each.query), [file for file in files if file.saved_id == each.saved_id])
        for each in saved.all_saved(context.state)
    ]


def kept_as(request: Request, asked: Asked) -> Kept | None:
    """None for what cannot be kept."""
    if asked.question is None or asked.is_list:
        return None
    try:
        query = kept_query(asked, request.query_params.multi_items())
    except StateError:
        return None
    return Kept(query, tuple(saved.as_asked(_context(request).state, asked.name, query)))


async def save(request: Request) -> Response:
    """POST /saved: name, report, query. Then the report's page again."""
    form = await checked_form(request)
    report, query = str(form.get("report", "")), str(form.get("query", ""))
    context = _context(request)
    asked = may_be_kept(read(report, QueryParams(query), context), context)
    if asked.is_list:
        raise StateError("expected a report, found the list behind one of its numbers: save it as an audience")
    kept = saved.save(context.state, str(form.get("name", "")), report, kept_query(asked, parse_qsl(query)), who(request))
    return RedirectResponse(url(kept.report, kept.query), 303)


async def open_one(request: Request) -> Response:
    """GET /saved/NUMBER: the report as it was saved."""
    found = saved.by_id(_context(request).state, request.path_params["saved"])
    return RedirectResponse(url(found.report, found.query), 303)


async def change(request: Request) -> Response:
    """POST /saved/NUMBER: `do` is rename, with `name`; delete; schedule, with `form` and `hour`; unschedule, with `schedule`. Then the list."""
    form = await checked_form(request)
    state, number = _context(request).state, request.path_params["saved"]
    match form.get("do"):
        case "rename":
            saved.rename(state, number, str(form.get("name", "")))
        case "delete":
            saved.delete(state, number)
        case "schedule":
            schedule(state, number, str(form.get("form", "")), str(form.get("hour", "")), who(request))
        case "unschedule":
            unschedule(state, number, str(form.get("schedule", "")))
        case found:
            raise StateError(f"expected do as rename, delete, schedule or unschedule, found {str(found)[:40]!r}")
    return RedirectResponse("/reports", 303)


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context
