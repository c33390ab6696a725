"""The pages over a small made-up history, without the processes around them."""

from __future__ import annotations

import datetime as dt
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import httpx
import uvicorn

from clew import clock
from clew.config import Project, Settings, Source, Web
from clew.state import Role, State, new_link
from clew.web.app import make_app
from clew.web.context import Context, Database, Status

ZONE = "Europe/Amsterdam"
AS_OF = dt.datetime(2026, 11, 23, 13, 32, 5)
"""`data_as_of` of the history, UTC: 14:32:05 in the zone."""
URL = "http://127.0.0.1:8470"
SOURCES = (Source(name="web", write_key="web-key"), Source(name="app", write_key="app-key"))
CONTRACT = """
CREATE TABLE mapped_tracks (person_id BIGINT, source VARCHAR, message_id VARCHAR, event VARCHAR, model_time TIMESTAMP,
    anonymous_id VARCHAR, user_id VARCHAR, is_activity BOOLEAN);
CREATE TABLE session_facts (session_id BIGINT, person_id BIGINT, session_start TIMESTAMP, source VARCHAR, is_bounced BOOLEAN);
CREATE TABLE zone_offsets (utc_from TIMESTAMP, utc_to TIMESTAMP, utc_offset INTERVAL);
"""


class Event(NamedTuple):
    """A row of mapped_tracks, as far as the overview reads it."""

    person_id: int | None
    source: str
    time: dt.datetime
    anonymous_id: str | None = None
    user_id: str | None = None
    is_activity: bool = True


class Session(NamedTuple):
    person_id: int
    start: dt.datetime
    source: str
    is_bounced: bool


def micros(t: dt.datetime) -> int:
    return int(t.replace(tzinfo=dt.UTC).timestamp()) * 10**6


def zone_rows(zone: str) -> list[tuple[Any, ...]]:
    """The rows of main.zone_offsets."""
    epoch = dt.datetime(1970, 1, 1)
    changes = [(epoch + dt.timedelta(microseconds=t), dt.timedelta(microseconds=offset)) for t, offset in clock.transitions(clock.zone(zone))]
    ends = [t for t, _ in changes[1:]] + [dt.datetime(2051, 1, 1)]
    return [(start, end, offset) for (start, offset), end in zip(changes, ends, strict=True)]


def database(events: list[Event], sessions: list[Session], zone: str = ZONE) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds the contract's tables with these rows."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute(CONTRACT)
    _fill(connection, "zone_offsets", zone_rows(zone))
    rows = [(e.person_id, e.source, f"m{i}", "Viewed", e.time, e.anonymous_id, e.user_id, e.is_activity) for i, e in enumerate(events)]
    _fill(connection, "mapped_tracks", rows)
    _fill(connection, "session_facts", [(i, *s) for i, s in enumerate(sessions)])
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """All rows in one statement, a list per column: row by row takes seconds."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"INSERT INTO {table} SELECT {', '.join('unnest(?)' for _ in columns)}", columns)


def shoppers(people: int = 150, days: int = 60, seed: int = 7) -> tuple[list[Event], list[Session]]:
    """People who come back now and then, from two devices, up to AS_OF; fewer at weekends."""
    chance = random.Random(seed)
    events, sessions = [], []
    for person in range(people):
        for back in range(days):
            day = AS_OF.replace(hour=0, minute=0, second=0) - dt.timedelta(days=back)
            if chance.random() < (0.1 if day.weekday() > 4 else 0.2) * (1 - back / days / 2):
                start = day + dt.timedelta(seconds=chance.randrange(6 * 3600, 13 * 3600 if not back else 22 * 3600))
                source, count = chance.choice(("web", "web", "app")), chance.choice((1, 1, 2, 3, 5))
                user = f"u{person}" if chance.random() < 0.4 else None
                events += [Event(person, source, start + dt.timedelta(seconds=20 * i), f"a{person}-{source}", user) for i in range(count)]
                sessions.append(Session(person, start, source, count == 1))
    return events, sessions


class Stage:
    """What a test of the pages changes: `status` is what they are told about builds."""

    def __init__(self, root: Path, store: Database, url: str = URL, *, build: Callable[[], object] = lambda: None, **settings: Any) -> None:
        self.root = root
        self.state = State.open(root / "state.sqlite")
        self.status = Status(load_id=3, loaded_at=micros(AS_OF), build_id=1, data_as_of=micros(AS_OF))
        (root / "log").mkdir(exist_ok=True)
        (root / "refused").mkdir(exist_ok=True)
        chosen = {"project": Project(name="Shoe shop", timezone=ZONE), "sources": SOURCES, **settings}
        self.settings = Settings(**chosen)
        self.context = Context(
            root=root,
            read_settings=lambda: self.settings,
            warehouse=store,
            state=self.state,
            status=lambda: self.status,
            build=build,
            collect_url="http://127.0.0.1:8471",
            url=url,
        )
        self.app = make_app(self.context)

    def client(self) -> httpx.AsyncClient:
        """A browser without scripts, not logged in."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False), base_url=URL)

    async def logged_in(self, name: str = "owner", role: Role = "owner") -> httpx.AsyncClient:
        """The same, logged in by a link."""
        client = self.client()
        link = new_link(self.state, URL, name, role)
        token = httpx.URL(link).params["token"]
        answer = await client.post("/login", data={"token": token, "form_token": form_token((await client.get(link)).text)})
        assert answer.status_code == 303, answer.text
        return client


def form_token(html: str) -> str:
    """The token of the first form of a page."""
    return html.split('name="form_token" value="')[1].split('"')[0]


@contextmanager
def served(stage: Stage) -> Iterator[str]:
    """The pages on a real port, for a browser. Yields their URL."""
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        server = uvicorn.Server(uvicorn.Config(stage.app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def off() -> Web:
    """Settings of pages without log-in."""
    return Web(login=False)
