"""A request's body: its bytes, unpacked, within limits that hold however it was packed."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from clew.errors import RequestError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
GZIP = b"\x1f\x8b"
ENCODINGS = frozenset({b"", b"gzip", b"x-gzip", b"identity"})


class Gone(Exception):
    """The client left before its request was whole."""


class Waiting:
    """Bytes of requests that are not answered yet, bounded: more are turned away with 503 instead of filling the memory."""

    def __init__(self, limit: int) -> None:
        self.bytes = 0
        self._limit = limit

    def add(self, count: int) -> None:
        """Raises RequestError (503) when the limit would be passed; then nothing is added."""
        if self.bytes + count > self._limit:
            raise RequestError(503, "overloaded", f"{self.bytes} bytes of requests are waiting for the disk: try again soon")
        self.bytes += count

    def remove(self, count: int) -> None:
        self.bytes -= count


async def read_body(receive: Receive, limit: int, waiting: Waiting) -> bytes:
    """The body as sent, of at most `limit` bytes, added to `waiting`. Raises RequestError (400, 503) or Gone; then nothing stays added."""
    event = await receive()
    body: bytes = event.get("body", b"")
    if event.get("more_body") or event["type"] != "http.request":
        return await _read_on(event, receive, limit, waiting)
    _check_size(len(body), limit)
    waiting.add(len(body))
    return body


async def _read_on(event: MutableMapping[str, Any], receive: Receive, limit: int, waiting: Waiting) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        while True:
            if event["type"] == "http.disconnect":
                raise Gone
            piece = event.get("body", b"")
            _check_size(size + len(piece), limit)
            waiting.add(len(piece))
            size += len(piece)
            pieces.append(piece)
            if not event.get("more_body"):
                return b"".join(pieces)
            event = await receive()
    except BaseException:
        waiting.remove(size)
        raise


def unpack(body: bytes, encoding: bytes, limit: int) -> bytes:
    """The body without its gzip, of at most `limit` bytes. Raises RequestError (400, 415).

    Gzip is known by its first bytes, since proxies take headers away or leave them on: JSON never begins so.
    """
    if encoding.lower() not in ENCODINGS:
        raise RequestError(415, "unsupported_encoding", f"expected Content-Encoding gzip or none, found {encoding[:40].decode('latin-1')}")
    if body[:2] != GZIP:
        return body
    try:
        return _gunzip(body, limit)
    except zlib.error as error:
        raise RequestError(400, "invalid_gzip", f"expected a gzip body, found a damaged one: {error}") from error


def _gunzip(body: bytes, limit: int) -> bytes:
    """All members of the gzip. Never makes more than `limit` and one byte, whatever the body promises."""
    unpacked = b""
    while body:
        member = zlib.decompressobj(wbits=31)
        unpacked += member.decompress(body, limit - len(unpacked) + 1)
        _check_size(len(unpacked), limit)
        if not member.eof:
            raise RequestError(400, "invalid_gzip", "expected a whole gzip body, found one that is cut off")
        body = member.unused_data
    return unpacked


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise RequestError(400, "request_too_large", f"expected at most {limit} bytes in this request, found more")
