"""The list of builds: the page, and as CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.models.history import CSV_HEADER, STATES, State, listed
from clew.models.history.listed import Page
from clew.web.address import Address
from clew.web.ask import Cursor, context_of, csv_file_of, reading
from clew.web.builds.work import of_build
from clew.web.guard import checked_form, name_of
from clew.web.people.links import pager, read_page
from clew.web.render import page

T = TypeVar("T")
KINDS = ("full", "incremental")
MOST = 1000
"""Builds of an answer as JSON or CSV."""


class Wanted(NamedTuple):
    """Which builds: those of a state, full or incremental ones, or all."""

    state: State | None
    kind: str | None

    def find(self, limit: int, offset: int, running: bool) -> Callable[[Cursor], Page]:
        full = None if self.kind is None else self.kind == "full"
        return lambda cursor: listed(cursor, limit, offset, state=self.state, full=full, running=running)


async def show(request: Request) -> Response:
    """GET /builds?state=&kind=&page=."""
    wanted, at, status = _wanted(request), read_page(request.query_params), context_of(request).status()
    found = await _ask(request, wanted.find(at.limit, at.offset, status.building))
    address = Address.of(request)
    return page(
        request,
        "builds.html",
        place="builds",
        a=address,
        wanted=wanted,
        states=STATES,
        kinds=KINDS,
        builds=found.builds,
        total=found.total,
        rows=pager("/builds", request.query_params, at, found.total, len(found.builds)),
        csv=Address("/builds.csv", tuple(address.kept("page"))).link(),
        now=of_build(status),
    )


async def data(request: Request) -> Response:
    """GET /api/builds?state=&kind=&page=: the same as JSON, with what runs now."""
    wanted, at, status = _wanted(request), read_page(request.query_params), context_of(request).status()
    found = await _ask(request, wanted.find(at.limit, at.offset, status.building))
    answer = {"now": of_build(status)._asdict(), "total": found.total, "builds": [build.as_json() for build in found.builds]}
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def csv_file(request: Request) -> Response:
    """GET /builds.csv: the newest, `MOST` of them at most."""
    find = _wanted(request).find(MOST, 0, context_of(request).status().building)
    return csv_file_of(request, "builds.csv", CSV_HEADER, lambda cursor: (build.cells() for build in find(cursor).builds))


async def stop(request: Request) -> Response:
    """POST /builds/stop: the build that runs, by an owner."""
    await checked_form(request)
    await run_in_threadpool(context_of(request).stop_build, name_of(request.state.visit))
    return RedirectResponse("/builds", 303)


async def _ask(request: Request, question: Callable[[Cursor], T]) -> T:
    """Unlike other pages this one has something to say before the first build: that it failed."""

    def ask() -> T:
        with reading(context_of(request).warehouse, context_of(request).settings.web.query_seconds) as cursor:
            return question(cursor)

    return await run_in_threadpool(ask)


def _wanted(request: Request) -> Wanted:
    state, kind = _one_of(request, "state", STATES), _one_of(request, "kind", KINDS)
    return Wanted(cast(State | None, state), kind)


def _one_of(request: Request, name: str, known: tuple[str, ...]) -> str | None:
    text = request.query_params.get(name) or None
    if text is not None and text not in known:
        raise HTTPException(400, f"expected {name}= one of {', '.join(known)}, found {text[:40]!r}")
    return text
