"""The smallest HTTP collector there can be: parse, append with one fdatasync for all who wait, 200. No rules, no keys, no limits."""

from __future__ import annotations

import asyncio
import gzip
import os
import sys
from typing import Any

import msgspec
import uvicorn

RAW = msgspec.Raw(b"null")


class Event(msgspec.Struct, omit_defaults=True):
    type: str = "track"
    messageId: str = ""
    anonymousId: str | None = None
    userId: str | None = None
    event: str | None = None
    timestamp: str | None = None
    properties: msgspec.Raw = RAW
    context: msgspec.Raw = RAW
    traits: msgspec.Raw = RAW


class Batch(msgspec.Struct):
    batch: list[Event]


decode_batch = msgspec.json.Decoder(Batch).decode
decode_event = msgspec.json.Decoder(Event).decode
encoder = msgspec.json.Encoder()


class Log:
    """Whoever comes while a write is under way shares the next."""

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.lines: list[bytes] = []
        self.waiters: list[asyncio.Future[None]] = []
        self.busy = False

    async def append(self, lines: bytes) -> None:
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self.lines.append(lines)
        self.waiters.append(waiter)
        if not self.busy:
            self.busy = True
            self.task = loop.create_task(self.flush())
        await waiter

    async def flush(self) -> None:
        while self.lines:
            lines, waiters, self.lines, self.waiters = self.lines, self.waiters, [], []
            await asyncio.get_running_loop().run_in_executor(None, self.write, b"".join(lines))
            for waiter in waiters:
                waiter.set_result(None)
        self.busy = False

    def write(self, lines: bytes) -> None:
        os.write(self.handle, lines)
        os.fdatasync(self.handle)


class App:
    def __init__(self, path: str) -> None:
        self.log = Log(path)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        if any(name == b"content-encoding" and value == b"gzip" for name, value in scope["headers"]):
            body = gzip.decompress(body)
        if scope["path"] == "/v1/batch":
            await self.log.append(encoder.encode_lines(decode_batch(body).batch))
        else:
            await self.log.append(encoder.encode(decode_event(body)) + b"\n")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"success":true}'})


if __name__ == "__main__":
    port, folder = sys.argv[1:]
    uvicorn.run(
        App(os.path.join(folder, "smallest.ndjson")),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
