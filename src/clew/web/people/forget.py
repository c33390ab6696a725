"""Forgetting a person from the pages: who it would be, a name to type, and the list of requests. For owners (`guard.OWNERS`)."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.errors import BuildError, ClewError, ConfigError, IdentityError
from clew.forget import Preview, look
from clew.state import Forget, forgets
from clew.web.ask import asked, context_of
from clew.web.guard import Visit, checked_form
from clew.web.people.links import identifier_url
from clew.web.render import page

WAIT_SECONDS = 20.0
SHOWN = 50
"""Identifiers and requests that the page shows."""


async def show(request: Request) -> Response:
    """GET /forget?id=&space=: whom that is; without id only what was asked before."""
    identifier, space = request.query_params.get("id", ""), request.query_params.get("space", "")
    found = await _look(request, identifier, space) if identifier else None
    requests: list[Forget] = await run_in_threadpool(forgets, context_of(request).state)
    return page(request, "forget.html", place="people", found=found, requests=requests[:SHOWN], most=SHOWN, url=identifier_url)


async def send(request: Request) -> Response:
    """POST /forget: id, space, and the universal id typed as `name`. What takes longer than a reader waits goes on by itself."""
    form = await checked_form(request)
    identifier, space, typed = (str(form.get(name, "")) for name in ("id", "space", "name"))
    found = await _look(request, identifier, space)
    if typed.strip() != found.universal_user_id.strip():
        raise HTTPException(400, f"To forget this person, type {found.universal_user_id!r}. Nothing was deleted.")
    visit: Visit = request.state.visit
    work = asyncio.create_task(run_in_threadpool(context_of(request).forget, identifier, space, visit.user.name if visit.user else ""))
    _running.add(work)
    work.add_done_callback(_ended)
    done, _ = await asyncio.wait([work], timeout=WAIT_SECONDS)
    if done and isinstance(error := work.exception(), ClewError):
        raise HTTPException(503, f"Not everything is deleted yet: {error}")
    if done:
        work.result()
    return RedirectResponse("/forget", 303)


async def _look(request: Request, identifier: str, space: str) -> Preview:
    settings = context_of(request).settings
    try:
        found, _ = await asked(request, lambda cursor: look(cursor, settings, identifier, space))
    except (IdentityError, ConfigError, BuildError) as error:
        raise HTTPException(404 if isinstance(error, IdentityError) else 409, str(error)) from error
    return found


_running: set[asyncio.Task[object]] = set()
"""What somebody stopped waiting for: the event loop alone would forget it."""


def _ended(work: asyncio.Task[object]) -> None:
    _running.discard(work)
    if not work.cancelled():
        work.exception()  # told to who still waits; the request is kept, and the pages say what is under way
