"""Making and changing dashboards, and links to them. Who may is decided before (`guard.needed_role`)."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.errors import StateError
from clew.state import boards, shares
from clew.web.ask import context_of
from clew.web.guard import checked_form, who


async def make(request: Request) -> Response:
    """POST /dashboards: `name`. Then the new one, to be filled."""
    form = await checked_form(request)
    board = boards.make(context_of(request).state, _text(form, "name"), who(request))
    return _edit(board.board_id)


async def change(request: Request) -> Response:
    """POST /dashboards/NUMBER: `do` is rename, with `name`, or delete."""
    form = await checked_form(request)
    state, number = context_of(request).state, request.path_params["board"]
    match _text(form, "do"):
        case "rename":
            boards.rename(state, number, _text(form, "name"))
        case "delete":
            boards.delete(state, number)
            return RedirectResponse("/dashboards", 303)
        case found:
            raise _unknown(found, "rename or delete")
    return _edit(number)


async def tile(request: Request) -> Response:
    """POST /dashboards/NUMBER/tiles: `do` is add, with `saved` and `shape`; up, down, remove or shape, with `tile`."""
    form = await checked_form(request)
    state, number = context_of(request).state, request.path_params["board"]
    match _text(form, "do"):
        case "add":
            boards.add(state, number, _number(form, "saved"), _text(form, "shape"))
        case "up":
            boards.move(state, number, _number(form, "tile"), -1)
        case "down":
            boards.move(state, number, _number(form, "tile"), 1)
        case "remove":
            boards.remove(state, number, _number(form, "tile"))
        case "shape":
            boards.reshape(state, number, _number(form, "tile"), _text(form, "shape"))
        case found:
            raise _unknown(found, "add, up, down, remove or shape")
    return _edit(number)


async def link(request: Request) -> Response:
    """POST /dashboards/NUMBER/links: `do` is share, with `days`, or revoke, with `link`."""
    form = await checked_form(request)
    state, number = context_of(request).state, request.path_params["board"]
    boards.by_id(state, number)
    match _text(form, "do"):
        case "share":
            shares.share(state, number, _text(form, "days"), who(request))
        case "revoke":
            shares.revoke(state, number, _text(form, "link"), who(request))
        case found:
            raise _unknown(found, "share or revoke")
    return _edit(number)


def _edit(board_id: int) -> Response:
    return RedirectResponse(f"/dashboards/{board_id}?view=edit", 303)


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, ""))


def _number(form: FormData, name: str) -> int:
    text = _text(form, name)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise StateError(f"expected {name} as a number, found {text[:40]!r}")
    return int(text)


def _unknown(found: str, expected: str) -> StateError:
    return StateError(f"expected do as {expected}, found {found[:40]!r}")
