"""A call as it was received, laid out to be read."""

from __future__ import annotations

import datetime as dt

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clew.analyses.people.ask import Row, ask
from clew.web.ask import asked


class Call(msgspec.Struct, frozen=True):
    """The message as it came, and what the collector put on it, both as JSON with line breaks."""

    message: str
    stamp: str


async def raw(request: Request) -> Response:
    """GET /api/call?source=&message_id=."""
    query = request.query_params
    key = {"source": query.get("source", ""), "message_id": query.get("message_id", "")}
    rows, _ = await asked(request, lambda cursor: ask(cursor, "call", key))
    if not rows:
        raise HTTPException(404, "This call is not kept: it was deleted, or the event comes from a table of your own.")
    return Response(msgspec.json.encode(_laid_out(rows[0])), media_type="application/json")


def _laid_out(row: Row) -> Call:
    stamp = {name: f"{value.isoformat()}Z" if isinstance(value, dt.datetime) else value for name, value in row.items() if name != "message"}
    return Call(_pretty(row["message"].encode()), _pretty(msgspec.json.encode(stamp)))


def _pretty(json: bytes) -> str:
    return msgspec.json.format(json, indent=2).decode("utf-8", "replace")
