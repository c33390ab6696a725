"""The live page: events as they arrive, by server-sent events, each with its raw call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from clew.errors import LogError
from clew.eventlog import Cursor
from clew.web.context import Context
from clew.web.live.rows import Filter, raw_call
from clew.web.live.tail import Tail
from clew.web.render import page, write_key

_encode = msgspec.json.Encoder().encode


async def show(request: Request) -> Response:
    """GET /live?source=&event=&refused=&q=: the page; its rows come by the stream."""
    context: Context = request.app.state.context
    text = request.query_params.get("q", "")
    sources = context.settings.sources
    return page(
        request, "live.html", place="live", wanted=_filter(request), text=text, sources=sources, key=write_key(context), url=context.collect_url
    )


async def stream(request: Request) -> Response:
    """GET /api/live: `rows` events, each a batch; comments in silence, so that a lost connection is noticed."""
    tail: Tail = request.app.state.tail
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(request, tail), media_type="text/event-stream", headers=headers)


async def raw(request: Request) -> Response:
    """GET /api/live/raw?log=&chunk=&ordinal=: the call as received."""
    context: Context = request.app.state.context
    query = request.query_params
    try:
        cursor = Cursor(int(query["chunk"]), int(query["ordinal"]))
    except (KeyError, ValueError) as error:
        raise HTTPException(400, "expected chunk= and ordinal= as numbers") from error
    call = await run_in_threadpool(_read, context, query.get("log", "log"), cursor)
    if call is None:
        raise HTTPException(410, "This call is no longer in the log.")
    return Response(_encode(call), media_type="application/json")


def _read(context: Context, log: str, cursor: Cursor) -> object:
    try:
        return raw_call(context.root, log, cursor)
    except LogError as error:
        raise HTTPException(410, str(error)) from error


def _filter(request: Request) -> Filter:
    query = request.query_params
    return Filter(query.get("source", ""), query.get("event", ""), query.get("refused") == "1")


async def _events(request: Request, tail: Tail) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    try:
        async with aclosing(tail.follow(_filter(request))) as batches:
            async for batch in batches:
                if not _still_in(request):
                    return
                yield b": nothing new\n\n" if batch is None else b"event: rows\ndata: " + _encode(batch) + b"\n\n"
    except LogError as error:
        yield b"event: failed\ndata: " + _encode(str(error)) + b"\n\n"


def _still_in(request: Request) -> bool:
    """A stream outlives the request's check: who has logged out since gets no more of it."""
    context: Context = request.app.state.context
    return not context.settings.web.login or context.state.session_user(request.state.visit.token) is not None
