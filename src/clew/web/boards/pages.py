"""Dashboards for who is logged in: their list, and each with its tiles."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from clew import config
from clew.state import annotating, boards, saved, shares
from clew.web.ask import context_of
from clew.web.boards.tiles import Tiles
from clew.web.guard import Visit
from clew.web.overview.pages import FIRST_PAINT_SECONDS, WAIT_HEADER
from clew.web.render import page


async def index(request: Request) -> Response:
    """GET /dashboards: all there are."""
    state = context_of(request).state
    found = [(board, len(boards.tiles(state, board.board_id))) for board in boards.all_boards(state)]
    return page(request, "boards.html", place="dashboards", boards=found)


async def show(request: Request) -> Response:
    """GET /dashboards/NUMBER: its tiles; with `view=edit` what changes it, for who may."""
    context, visit = context_of(request), request.state.visit
    board = boards.by_id(context.state, request.path_params["board"])
    rows = boards.tiles(context.state, board.board_id)
    edits = request.query_params.get("view") == "edit" and _may(visit)
    seconds = None if request.headers.get(WAIT_HEADER) else FIRST_PAINT_SECONDS
    tiles = await tiles_of(request).get(rows, seconds)
    links = shares.shares(context.state, board.board_id) if edits else []
    return page(
        request,
        "board.html",
        place="dashboards",
        board=board,
        tiles=tiles,
        edits=edits,
        saved=saved.all_saved(context.state) if edits else [],
        shapes=boards.SHAPES,
        lives=[days for days in shares.LIVES if days],
        links=[(link, f"{_base(request)}/shared/{shares.token(config.salt(context.root), link.link_id)}") for link in links],
        hidden=await tiles_of(request).reasons(rows) if edits and all(tile.ready for tile in tiles) else [],
        least=context.settings.web.shared_least,
        flags=annotating.all_annotations(context.state),
        ready=all(tile.ready for tile in tiles),
    )


def tiles_of(request: Request) -> Tiles:
    """What asks for tiles."""
    tiles: Tiles = request.app.state.tiles
    return tiles


def _may(visit: Visit) -> bool:
    return visit.may("analyst")


def _base(request: Request) -> str:
    """The address by which these pages were asked for."""
    return str(request.base_url).rstrip("/")
