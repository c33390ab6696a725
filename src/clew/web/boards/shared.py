"""A dashboard for who has its link and is nobody here: numbers of many, drawn from answers that are kept for a whole build.

Nothing of such a request reaches the database: the questions are those of the dashboard, and each is asked once a build.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from clew import config
from clew.state import boards, shares
from clew.state.boards import Board
from clew.web.ask import context_of
from clew.web.boards.pages import tiles_of
from clew.web.boards.tiles import Tile
from clew.web.render import page

_HEADERS = {"x-robots-tag": "noindex, nofollow"}


async def show(request: Request) -> Response:
    """GET /shared/TOKEN: the dashboard, read-only."""
    board = _board(request)
    if board is None:
        return _gone(request)
    rows = boards.tiles(context_of(request).state, board.board_id)
    tiles = await asyncio.gather(*(tiles_of(request).shared(row, f"/shared/{request.path_params['token']}/{row.tile_id}.json") for row in rows))
    least = context_of(request).settings.web.shared_least
    answer = page(request, "shared.html", board=board, tiles=tiles, token=request.path_params["token"], least=least)
    answer.headers.update(_HEADERS)
    return answer


async def chart(request: Request) -> Response:
    """GET /shared/TOKEN/TILE.json: the chart of a tile, in Plotly's JSON."""
    tile = await _tile(request)
    if tile is None or tile.chart is None:
        return JSONResponse({"error": "There is no such chart."}, 404, _HEADERS)
    return JSONResponse({"chart": tile.chart}, headers=_HEADERS)


async def status(request: Request) -> Response:
    """GET /shared/TOKEN/status: which build is the newest; the page draws itself again when there is another."""
    if _board(request) is None:
        return JSONResponse({"error": "This link does not hold any more."}, 404, _HEADERS)
    return JSONResponse({"build_id": context_of(request).status().build_id}, headers=_HEADERS)


async def _tile(request: Request) -> Tile | None:
    board = _board(request)
    rows = boards.tiles(context_of(request).state, board.board_id) if board else []
    found = [row for row in rows if row.tile_id == request.path_params["tile"]]
    return await tiles_of(request).shared(found[0], "") if found else None


def _board(request: Request) -> Board | None:
    context = context_of(request)
    number = shares.shared_board(context.state, config.salt(context.root), request.path_params["token"])
    return boards.by_id(context.state, number) if number is not None else None


def _gone(request: Request) -> HTMLResponse:
    answer = page(request, "gone.html", status=404)
    answer.headers.update(_HEADERS)
    return answer
