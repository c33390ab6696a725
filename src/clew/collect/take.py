"""One request with messages: its bytes, whose they are, the rules, the disk; then its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from clew import clock
from clew.collect.body import Receive, read_body, unpack
from clew.collect.collector import Collector
from clew.collect.intake import Sorted, sort_messages
from clew.collect.replies import SUCCESS, Reply
from clew.collect.rules import Call
from clew.collect.wire.reading import read_batch, read_single
from clew.config import Source
from clew.errors import RequestError


class Request(NamedTuple):
    """One HTTP request."""

    path: str
    query: bytes
    headers: dict[bytes, bytes]
    peer: str | None
    receive: Receive


Handler = Callable[[Collector, Request], Awaitable[Reply]]


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
