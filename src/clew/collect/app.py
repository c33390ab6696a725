"""The collector as an ASGI application: routes and answers. Bare ASGI, since each layer would cost at every event."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clew import clock
from clew.collect import replies
from clew.collect.body import Gone, Receive, read_body, unpack
from clew.collect.collector import Collector
from clew.collect.intake import Sorted, sort_messages
from clew.collect.refusals import Choice
from clew.collect.replay import replay_into
from clew.collect.replies import SUCCESS, Reply, Send
from clew.collect.rules import Call
from clew.collect.wire.reading import read_batch, read_single
from clew.config import Settings, Source
from clew.errors import ConfigError, LogError, RequestError
from clew.messages import TYPES

Scope = dict[str, Any]


class Request(NamedTuple):
    """One HTTP request."""

    path: str
    query: bytes
    headers: dict[bytes, bytes]
    peer: str | None
    receive: Receive


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """GET /health: counts since the process started."""

    status: str
    accepted: int
    duplicates: int
    refused: dict[str, int]
    waiting_bytes: int


Handler = Callable[[Collector, Request], Awaitable[Reply]]


class Route(NamedTuple):
    """What answers a path, for which method."""

    method: str
    handler: Handler


class App:
    """The ASGI application. The collector starts and stops with its lifespan."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.collector.start()
        except LogError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.collector.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        client = scope.get("client")
        request = Request(scope["path"], scope["query_string"], headers, client[0] if client else None, receive)
        try:
            reply = await answer(self.collector, scope["method"], request)
        except RequestError as error:
            reply = replies.error_reply(error)
        except LogError as error:
            reply = replies.not_stored(error)
        except Gone:
            return
        origin = headers.get(b"origin")
        await replies.send_reply(send, reply if origin is None else replies.shared_with(origin, reply))


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


async def take(collector: Collector, request: Request, kind: str | None) -> Reply:
    """One message of type `kind`, or a batch (None)."""
    limits = collector.settings.collect
    limit = limits.max_batch_bytes if kind is None else limits.max_message_bytes
    body = await read_body(request.receive, limit, collector.waiting)
    size = len(body)
    try:
        lines = sort_request(collector, request, kind, body)
        del body  # nothing of the request but its lines stays while they wait for the disk
        if lines is not None:
            await collector.intake.store(lines)
        return SUCCESS
    finally:
        collector.waiting.remove(size)


def sort_request(collector: Collector, request: Request, kind: str | None, body: bytes) -> Sorted | None:
    """The messages of a request, sealed and told apart; None if they are to be dropped. Raises RequestError (400, 401, 415)."""
    limits = collector.settings.collect
    plain = unpack(body, request.headers.get(b"content-encoding", b""), limits.max_batch_bytes if kind is None else limits.max_message_bytes)
    content = read_batch(plain) if kind is None else read_single(plain)
    source = find_source(collector, request, content.write_key)
    if source is None:
        return None
    agent = request.headers.get(b"user-agent", b"").decode("latin-1")
    return sort_messages(Call(source, limits, clock.now(), kind, request.peer, agent), content)


def find_source(collector: Collector, request: Request, body_key: str | None) -> Source | None:
    """Whose messages these are; None if they are to be dropped. Raises RequestError (401)."""
    header = request.headers.get(b"authorization", b"")
    source = collector.keys.find(header, body_key, request.query)
    if source is None:
        collector.refresh()  # a key that was added while running works at once
        source = collector.keys.find(header, body_key, request.query)
    if source is None and collector.settings.collect.unknown_key == "refuse":
        raise RequestError(401, "invalid_write_key", "expected the write key of a source in clew.toml, found none or another")
    return source


async def take_batch(collector: Collector, request: Request) -> Reply:
    return await take(collector, request, None)


def take_single(kind: str) -> Handler:
    async def handler(collector: Collector, request: Request) -> Reply:
        return await take(collector, request, kind)

    return handler


async def discard_metrics(collector: Collector, request: Request) -> Reply:
    """Clients' telemetry about themselves: no events, and nobody asked for it."""
    body = await read_body(request.receive, collector.settings.collect.max_batch_bytes, collector.waiting)
    collector.waiting.remove(len(body))
    return SUCCESS


async def replay(collector: Collector, request: Request) -> Reply:
    """`clew refused replay`, for who has the token in run/collect.json."""
    header = request.headers.get(b"authorization", b"")
    if not hmac.compare_digest(header, b"Bearer " + collector.token.encode()):
        raise RequestError(403, "forbidden", "expected the token in run/collect.json")
    body = await read_body(request.receive, collector.settings.collect.max_batch_bytes, collector.waiting)
    collector.waiting.remove(len(body))
    try:
        choice = msgspec.json.decode(body, type=Choice)
    except (msgspec.DecodeError, ConfigError) as error:
        raise RequestError(400, "invalid_request", str(error)) from error
    return replies.json_reply(await replay_into(collector, choice))


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
}
"""path -> what answers it. OAuth, the pixel, the CDN's settings and RudderStack's own paths belong here when they are built."""


def make_app(root: Path, settings: Settings) -> App:
    """The collector of the project in `root`. It writes from its lifespan's startup to its shutdown."""
    return App(Collector(root, settings))
