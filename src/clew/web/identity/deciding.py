"""Taking an edge away and giving it back, from a page. Who may is decided before (`guard.needed_role`); the form's token is checked here.

The decision is written first. Then a build is asked for and waited for, but not longer than a reader waits: what takes longer is shown as under way.
"""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.analyses.people import edges
from clew.analyses.people.ask import Row, ask
from clew.errors import BuildError, IdentityError
from clew.state import deny, undo
from clew.web.ask import Cursor, asked, context_of
from clew.web.guard import checked_form, local_path, who

WAIT_SECONDS = 20.0
LONGEST = 100_000
"""Characters of an identifier in a form."""


async def deny_edge(request: Request) -> Response:
    """POST /identity/deny: alias, next_alias, space, next (where to go then)."""
    alias, next_alias, space, then = await _edge(request)

    def between(cursor: Cursor) -> list[Row]:
        return ask(cursor, edges.QUERY, edges.values(alias, next_alias, space))

    rows, _ = await asked(request, between)
    try:
        edges.must_be_there(rows, alias, next_alias, space)
    except IdentityError as error:
        raise HTTPException(409, str(error)) from error
    await run_in_threadpool(deny, context_of(request).state, alias, next_alias, space, who(request))
    return await _built(request, then)


async def undo_edge(request: Request) -> Response:
    """POST /identity/undo: the same."""
    alias, next_alias, space, then = await _edge(request)
    context = context_of(request)
    if not await run_in_threadpool(undo, context.state, alias, next_alias, space, who(request)):
        raise HTTPException(409, str(edges.not_denied(context.settings, alias, next_alias, space)))
    return await _built(request, then)


async def _edge(request: Request) -> tuple[str, str, str, str]:
    form = await checked_form(request)
    alias, next_alias, space, then = (str(form.get(name, "")) for name in ("alias", "next_alias", "space", "next"))
    if not alias or not next_alias or max(map(len, (alias, next_alias, space))) > LONGEST:
        raise HTTPException(400, "expected alias and next_alias, an edge's two identifiers")
    return alias, next_alias, space, local_path(then)


async def _built(request: Request, then: str) -> Response:
    """Back to the page when the build is there, or when waiting takes too long: the build goes on, and the page draws itself again."""
    build = asyncio.create_task(run_in_threadpool(context_of(request).build))
    _running.add(build)
    build.add_done_callback(_ended)
    done, _ = await asyncio.wait([build], timeout=WAIT_SECONDS)
    if done and isinstance(error := build.exception(), BuildError):
        raise HTTPException(503, f"The decision is kept, and holds from the next build on; this one failed: {error}")
    if done:
        build.result()
    return RedirectResponse(then, 303)


_running: set[asyncio.Task[object]] = set()
"""Builds that somebody stopped waiting for: the event loop alone would forget them."""


def _ended(build: asyncio.Task[object]) -> None:
    _running.discard(build)
    if not build.cancelled():
        build.exception()  # told by the worker, and to who still waits
