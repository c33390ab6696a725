"""Answers: bodies, errors, and the headers that let a page of another site read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from clew.errors import LogFull, RequestError

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

ALLOWED_METHODS = b"GET, POST, OPTIONS"
ALLOWED_HEADERS = (
    b"authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, "
    b"rsa-retry-attempt, rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason, rsa-recovered"
)
"""What the browser clients of Segment and RudderStack ask for; a preflight that names others gets those."""
_JSON = (b"content-type", b"application/json")
OVERLOAD_SECONDS, DISK_SECONDS = 1, 5
"""Retry-After: a busy moment passes soon; a full disk wants somebody."""


class Reply(NamedTuple):
    status: int
    headers: Headers
    body: bytes


class ErrorBody(msgspec.Struct, frozen=True):
    """What clients read of an error: exactly these two."""

    code: str
    message: str


SUCCESS = Reply(200, [_JSON, (b"content-length", b"16")], b'{"success":true}')


def json_reply(value: Any, status: int = 200, headers: Headers | None = None) -> Reply:
    body = msgspec.json.encode(value)
    return Reply(status, [_JSON, (b"content-length", b"%d" % len(body)), *(headers or [])], body)


def error_reply(error: RequestError) -> Reply:
    headers = []
    if error.status == 503:
        headers.append((b"retry-after", b"%d" % OVERLOAD_SECONDS))
    if error.status == 405:
        headers.append((b"allow", ALLOWED_METHODS))
    return json_reply(ErrorBody(error.code, str(error)), error.status, headers)


def not_stored(error: Exception) -> Reply:
    """The disk would not take it: the client shall try again."""
    code = "disk_full" if isinstance(error, LogFull) else "log_unavailable"
    return json_reply(
        ErrorBody(code, "the event log cannot be written; nothing was lost, try again later"), 503, [(b"retry-after", b"%d" % DISK_SECONDS)]
    )


def preflight(headers: dict[bytes, bytes]) -> Reply:
    """The answer to OPTIONS."""
    asked = headers.get(b"access-control-request-headers") or ALLOWED_HEADERS
    allow: Headers = [
        (b"access-control-allow-methods", ALLOWED_METHODS),
        (b"access-control-allow-headers", asked),
        (b"access-control-max-age", b"86400"),
        (b"content-length", b"0"),
    ]
    return Reply(204, allow, b"")


def shared_with(origin: bytes, reply: Reply) -> Reply:
    """The reply, readable by pages of `origin`. Without the exposed header the browser client cannot see Retry-After."""
    allow: Headers = [
        (b"access-control-allow-origin", origin),
        (b"vary", b"Origin"),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"Retry-After, X-RateLimit-Reset"),
    ]
    return Reply(reply.status, [*reply.headers, *allow], reply.body)


async def send_reply(send: Send, reply: Reply) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": reply.body})
