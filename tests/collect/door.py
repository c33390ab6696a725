"""The collector driven in process: requests go straight into the ASGI application, records come from the disk."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from clew.collect.app import App, make_app
from clew.config import Collect, Paths, Settings, Source
from clew.eventlog import Cursor, LogReader
from clew.messages import Record, decode_record

KEY = "WK_TEST"
SITE_KEY = "WK_SITE"
SOURCES = (Source(name="server", write_key=KEY), Source(name="site", write_key=SITE_KEY, client_side=True))


class Answer(NamedTuple):
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class CollectDoor:
    """A started collector. `post` sends one request, `log` and `refused` read back what is on disk."""

    def __init__(self, root: Path, sources: Sequence[Source] = SOURCES, **limits: Any) -> None:
        self.root = root
        self.settings = Settings(sources=tuple(sources), collect=Collect(**limits))
        self._runner = asyncio.Runner()
        self.app: App = make_app(root, self.settings)

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self._runner.run(self.app.collector.start())
        return self

    def __exit__(self, *exc: object) -> None:
        self._runner.run(self.app.collector.stop())
        self._runner.close()

    def post(self, path: str, body: Any, key: str | None = KEY, **headers: str) -> Answer:
        return self.request("POST", path, body, key, **headers)

    def batch(self, *messages: Any) -> Answer:
        return self.post("/v1/batch", {"batch": list(messages)})

    def request(self, method: str, path: str, body: Any = b"", key: str | None = None, **headers: str) -> Answer:
        return self._runner.run(self.ask(method, path, body, key, **headers))

    def at_once(self, *requests: tuple[str, Any]) -> list[Answer]:
        """POSTs that are all under way before the first is answered."""

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(self.ask("POST", path, body, KEY) for path, body in requests))

        return self._runner.run(all_of_them())

    async def ask(self, method: str, path: str, body: Any = b"", key: str | None = None, pieces: int = 1, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        if key is not None:
            sent.append((b"authorization", basic(key).encode()))
        return await call(self.app, method, path, sent, chunks(raw, pieces))

    @property
    def log(self) -> list[Record]:
        return records(Paths(self.root).log)

    @property
    def refused(self) -> list[Record]:
        return records(Paths(self.root).refused)

    @property
    def reasons(self) -> list[str | None]:
        return [record.reason for record in self.refused]


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def chunks(raw: bytes, pieces: int) -> list[bytes]:
    size = max(1, -(-len(raw) // pieces))
    return [raw[at : at + size] for at in range(0, len(raw), size)] or [b""]


async def call(app: App, method: str, path: str, headers: list[tuple[bytes, bytes]], body: list[bytes | None]) -> Answer:
    """One request; None in `body` is a client that goes away."""
    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers, "client": ("203.0.113.7", 50000)}
    events = [
        {"type": "http.disconnect"} if piece is None else {"type": "http.request", "body": piece, "more_body": number < len(body) - 1}
        for number, piece in enumerate(body)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    await app(scope, receive, send)
    if not sent:
        return Answer(0, {}, b"")
    start, end = sent
    return Answer(start["status"], dict(start["headers"]), end["body"])


def records(folder: Path) -> list[Record]:
    if not folder.exists():
        return []
    found: list[Record] = []
    with LogReader(folder) as reader:
        part = reader.read(Cursor())
        while part.lines:
            assert not part.corrupt
            found += [decode_record(line) for line in part.lines]
            part = reader.read(part.next)
    return found


def sent(record: Record) -> Any:
    """The message of a record, as Python values."""
    return msgspec.json.decode(record.message)


def track(**members: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "u1", "event": "Order Completed", **members}
