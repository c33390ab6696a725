"""Audiences on the pages: saved from a list of people, listed with what they ask and how many they are, opened as a list."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.analyses.audience import counted
from clew.errors import StateError
from clew.state import audiences
from clew.state.audiences import Audience, Count
from clew.web.ask import Cursor, asked, context_of, must_be_built
from clew.web.guard import checked_form, who
from clew.web.kept.people import Members, read_members, url, words
from clew.web.render import page
from clew.web.reports.question import Build


class Listed(NamedTuple):
    """An audience as the page lists it. `is_old`: there is a newer build than it was counted at."""

    audience: Audience
    words: str
    is_old: bool


async def show(request: Request) -> Response:
    """GET /audiences: all, by name."""
    context = context_of(request)
    newest = context.status().build_id
    found = [Listed(each, words(each.report, each.query), each.build_id != newest) for each in audiences.all_audiences(context.state)]
    return page(request, "audiences.html", place="people", audiences=found)


async def make(request: Request) -> Response:
    """POST /audiences: name, report, query. It is counted, and kept."""
    form = await checked_form(request)
    report = str(form.get("report", ""))
    members = _members(request, report, str(form.get("query", "")))
    count = await _count(request, members)
    audiences.make(context_of(request).state, str(form.get("name", "")), report, members.query, count, who(request))
    return RedirectResponse("/audiences", 303)


async def open_one(request: Request) -> Response:
    """GET /audiences/NUMBER: the list of its people."""
    found = audiences.by_id(context_of(request).state, request.path_params["audience"])
    return RedirectResponse(url(found.report, found.query), 303)


async def change(request: Request) -> Response:
    """POST /audiences/NUMBER: `do` is count, rename, with `name`, or delete. Then the list."""
    form = await checked_form(request)
    state, number = context_of(request).state, request.path_params["audience"]
    match form.get("do"):
        case "count":
            found = audiences.by_id(state, number)
            audiences.counted(state, number, await _count(request, _members(request, found.report, found.query)))
        case "rename":
            audiences.rename(state, number, str(form.get("name", "")))
        case "delete":
            audiences.delete(state, number)
        case found_:
            raise StateError(f"expected do as count, rename or delete, found {str(found_)[:40]!r}")
    return RedirectResponse("/audiences", 303)


def _members(request: Request, report: str, query: str) -> Members:
    must_be_built(request)
    context = context_of(request)
    return read_members(report, query, context.settings, context.root, _build(request))


async def _count(request: Request, members: Members) -> Count:
    def ask(cursor: Cursor) -> int:
        row = cursor.execute(counted(members.sql)).fetchone()
        return int(row[0]) if row else 0

    build = _build(request)
    people, _ = await asked(request, ask)
    return Count(people, build.build_id, build.data_as_of)


def _build(request: Request) -> Build:
    status = context_of(request).status()
    return Build(status.build_id or 0, status.data_as_of or 0)
