"""The collector's routes: which path is answered how, for which method."""

from __future__ import annotations

import hmac
from typing import NamedTuple

import msgspec

from clew.collect import replies
from clew.collect.body import read_body
from clew.collect.collector import Collector
from clew.collect.refusals import Choice
from clew.collect.replay import replay_into
from clew.collect.replies import SUCCESS, Reply
from clew.collect.take import Handler, Request, take_batch, take_single
from clew.errors import ConfigError, RequestError
from clew.messages import TYPES


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """GET /health: counts since the process started."""

    status: str
    accepted: int
    duplicates: int
    refused: dict[str, int]
    waiting_bytes: int


class Route(NamedTuple):
    """What answers a path, for which method."""

    method: str
    handler: Handler


async def answer(collector: Collector, method: str, request: Request) -> Reply:
    """The answer to one request. Raises RequestError, LogError (not stored), or Gone (nobody to answer)."""
    if method == "OPTIONS":
        return replies.preflight(request.headers)
    route = ROUTES.get(request.path) or ROUTES.get(request.path.rstrip("/") or "/")
    if route is None:
        raise RequestError(404, "not_found", f"no such path: {request.path[:200]}; messages go to /v1/batch or /v1/track")
    if method != route.method and (method, route.method) != ("HEAD", "GET"):
        raise RequestError(405, "method_not_allowed", f"expected {route.method} {request.path[:200]}, found {method}")
    return await route.handler(collector, request)


async def discard_metrics(collector: Collector, request: Request) -> Reply:
    """Clients' telemetry about themselves: no events, and nobody asked for it."""
    body = await read_body(request.receive, collector.settings.collect.max_batch_bytes, collector.waiting)
    collector.waiting.remove(len(body))
    return SUCCESS


async def replay(collector: Collector, request: Request) -> Reply:
    """`clew refused replay`, for who has the token in run/collect.json."""
    _check_token(collector, request)
    body = await read_body(request.receive, collector.settings.collect.max_batch_bytes, collector.waiting)
    collector.waiting.remove(len(body))
    try:
        choice = msgspec.json.decode(body, type=Choice)
    except (msgspec.DecodeError, ConfigError) as error:
        raise RequestError(400, "invalid_request", str(error)) from error
    return replies.json_reply(await replay_into(collector, choice))


async def roll(collector: Collector, request: Request) -> Reply:
    """The chunks that are being written are closed, so that a person can be taken out of them: `clew people forget`. With the same token."""
    _check_token(collector, request)
    return replies.json_reply(await collector.roll())


def _check_token(collector: Collector, request: Request) -> None:
    header = request.headers.get(b"authorization", b"")
    if not hmac.compare_digest(header, b"Bearer " + collector.token.encode()):
        raise RequestError(403, "forbidden", "expected the token in run/collect.json")


async def health(collector: Collector, request: Request) -> Reply:
    counts = collector.intake.counts
    return replies.json_reply(
        Health(
            status="ok",
            accepted=counts.accepted,
            duplicates=counts.duplicates,
            refused=dict(counts.refused),
            waiting_bytes=collector.waiting.bytes,
        )
    )


async def index(collector: Collector, request: Request) -> Reply:
    return replies.json_reply({"clew": "collector", "post": ["/v1/batch", *(f"/v1/{kind}" for kind in TYPES)]})


ROUTES: dict[str, Route] = {
    "/": Route("GET", index),
    "/health": Route("GET", health),
    **{f"/v1/{name}": Route("POST", take_batch) for name in ("batch", "b", "import")},
    **{f"/v1/{name}": Route("POST", take_single(kind)) for kind in TYPES for name in (kind, kind[0])},
    "/v1/m": Route("POST", discard_metrics),
    "/control/replay": Route("POST", replay),
    "/control/roll": Route("POST", roll),
}
"""path -> what answers it. OAuth, the pixel, the CDN's settings and RudderStack's own paths belong here when they are built."""
