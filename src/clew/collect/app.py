"""The collector as an ASGI application. Bare ASGI, since each layer would cost at every event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clew.collect import replies
from clew.collect.body import Gone, Receive
from clew.collect.collector import Collector
from clew.collect.replies import Send
from clew.collect.routes import answer
from clew.collect.take import Request
from clew.config import Settings
from clew.errors import LogError, RequestError

Scope = dict[str, Any]


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


def make_app(root: Path, settings: Settings) -> App:
    """The collector of the project in `root`. It writes from its lifespan's startup to its shutdown."""
    return App(Collector(root, settings))
