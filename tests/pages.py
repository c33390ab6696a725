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
from clew.analyses.engine import Engine
from clew.config import Project, Settings, Source, Web
from clew.models import Trial
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
CREATE TABLE session_facts (session_id BIGINT, person_id BIGINT, session_start TIMESTAMP, source VARCHAR, is_bounced BOOLEAN,
    events BIGINT, views BIGINT, duration_seconds DOUBLE, is_first_session BOOLEAN, landing_page VARCHAR, exit_page VARCHAR, first_referrer VARCHAR,
    channel VARCHAR, utm_source VARCHAR, utm_medium VARCHAR, utm_campaign VARCHAR, utm_term VARCHAR, utm_content VARCHAR, country VARCHAR,
    platform VARCHAR, browser VARCHAR, os VARCHAR, device_type VARCHAR);
CREATE TABLE numbered_tracks (person_id BIGINT, source VARCHAR, model_time TIMESTAMP, is_activity BOOLEAN, anonymous_number INTEGER,
    user_number INTEGER);
CREATE TABLE person_tracks (session_id BIGINT, track_sequence_number INTEGER, type VARCHAR, model_time TIMESTAMP, event_number BIGINT);
CREATE SCHEMA clew;
CREATE TABLE clew.identifiers (id INTEGER, alias VARCHAR, space VARCHAR);
CREATE TABLE clew.model_events (event_number BIGINT, page_path VARCHAR, page_url VARCHAR);
CREATE TABLE zone_offsets (utc_from TIMESTAMP, utc_to TIMESTAMP, utc_offset INTERVAL);
"""


class Event(NamedTuple):
    """A row of mapped_tracks and of numbered_tracks, as far as the overview reads it."""

    person_id: int | None
    source: str
    time: dt.datetime
    anonymous_id: str | None = None
    user_id: str | None = None
    is_activity: bool = True


class Session(NamedTuple):
    """A row of session_facts, as far as the pages read it."""

    person_id: int
    start: dt.datetime
    source: str
    is_bounced: bool
    events: int = 1
    views: int = 1
    duration_seconds: float = 0.0
    is_first_session: bool = False
    landing_page: str | None = None
    exit_page: str | None = None
    first_referrer: str | None = None
    channel: str = "direct"
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    country: str | None = None
    platform: str | None = None
    browser: str | None = None
    os: str | None = None
    device_type: str | None = None


class Happened(NamedTuple):
    """An event of a session, as far as the pages table reads it: a row of person_tracks and its message."""

    session: int
    place: int
    type: str
    time: dt.datetime
    page_path: str | None = None
    page_url: str | None = None


def micros(t: dt.datetime) -> int:
    return int(t.replace(tzinfo=dt.UTC).timestamp()) * 10**6


def zone_rows(zone: str) -> list[tuple[Any, ...]]:
    """The rows of main.zone_offsets."""
    epoch = dt.datetime(1970, 1, 1)
    changes = [(epoch + dt.timedelta(microseconds=t), dt.timedelta(microseconds=offset)) for t, offset in clock.transitions(clock.zone(zone))]
    ends = [t for t, _ in changes[1:]] + [dt.datetime(2051, 1, 1)]
    return [(start, end, offset) for (start, offset), end in zip(changes, ends, strict=True)]


def database(events: list[Event], sessions: list[Session], zone: str = ZONE, happened: list[Happened] | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds the contract's tables with these rows. What happened in the sessions is made up where it is not given."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute(CONTRACT)
    _fill(connection, "zone_offsets", zone_rows(zone))
    rows = [(e.person_id, e.source, f"m{i}", "Viewed", e.time, e.anonymous_id, e.user_id, e.is_activity) for i, e in enumerate(events)]
    _fill(connection, "mapped_tracks", rows)
    numbers = {alias: n for n, alias in enumerate(dict.fromkeys(i for e in events for i in (e.anonymous_id, e.user_id) if i), 1)}
    _fill(connection, "clew.identifiers", [(n, alias, "") for alias, n in numbers.items()])
    tracks = [(e.person_id, e.source, e.time, e.is_activity, numbers.get(e.anonymous_id or ""), numbers.get(e.user_id or "")) for e in events]
    _fill(connection, "numbered_tracks", tracks)
    _fill(connection, "session_facts", [(i, *s) for i, s in enumerate(sessions)])
    told = happened if happened is not None else [event for i, session in enumerate(sessions) for event in viewed(i, session)]
    _fill(connection, "person_tracks", [(e.session, e.place, e.type, e.time, i) for i, e in enumerate(told)])
    _fill(connection, "clew.model_events", [(i, e.page_path, e.page_url) for i, e in enumerate(told)])
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """All rows in one statement, a list per column: row by row takes seconds."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"INSERT INTO {table} SELECT {', '.join('unnest(?)' for _ in columns)}", columns)


def viewed(number: int, session: Session) -> list[Happened]:
    """The views of a session at even distances: its landing page first, its exit page last, the home page between."""
    step = session.duration_seconds / max(session.events - 1, 1)
    pages = [session.landing_page, *["/"] * (session.events - 2), session.exit_page][-session.events :]
    return [Happened(number, i + 1, "page", session.start + dt.timedelta(seconds=step * i), page) for i, page in enumerate(pages)]


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
                sessions.append(Session(person, start, source, count == 1, events=count, views=count, duration_seconds=20.0 * (count - 1)))
    return events, _told(sessions)


TOUCHES = (
    {"channel": "direct"},
    {"channel": "organic_search", "first_referrer": "https://www.google.com/"},
    {"channel": "referral", "first_referrer": "https://blog.example.org/shoes?page=2"},
    {"channel": "email", "utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "Autumn"},
    {"channel": "paid_search", "utm_source": "google", "utm_medium": "cpc", "utm_campaign": "Shoes", "first_referrer": "https://www.google.com/"},
)
MACHINES = (("Chrome", "Windows", "desktop"), ("Safari", "iOS", "mobile"), ("Chrome Mobile", "Android", "mobile"), ("Firefox", "Linux", "desktop"))


def _told(sessions: list[Session], seed: int = 8) -> list[Session]:
    """The same with what is told of them: how they came, on which machine, by which pages."""
    chance = random.Random(seed)
    first = {s.person_id: s.start for s in sorted(sessions, key=lambda s: s.start, reverse=True)}
    told = []
    for session in sessions:
        browser, system, device = MACHINES[session.person_id % 4]
        touch: dict[str, Any] = chance.choices(TOUCHES, (4, 3, 2, 1, 1))[0]
        pages = [chance.choice(("/", "/shoes", "/sale", "/about")) for _ in range(session.events)]
        told.append(
            session._replace(
                is_first_session=session.start == first[session.person_id],
                landing_page=pages[0],
                exit_page=pages[-1],
                country=chance.choice(("NL", "NL", "DE", None)),
                platform="web" if session.source == "web" else "ios",
                browser=browser,
                os=system,
                device_type=device,
                **touch,
            )
        )
    return told


class Stage:
    """What a test of the pages changes: `status` is what they are told about builds."""

    def __init__(
        self,
        root: Path,
        store: Database,
        url: str = URL,
        *,
        build: Callable[[], object] = lambda: None,
        forget: Callable[[str, str, str], object] = lambda *_: None,
        **settings: Any,
    ) -> None:
        self.root = root
        self.state = State.open(root / "state.sqlite")
        self.status = Status(load_id=3, loaded_at=micros(AS_OF), build_id=1, data_as_of=micros(AS_OF))
        (root / "log").mkdir(exist_ok=True)
        (root / "refused").mkdir(exist_ok=True)
        chosen = {"project": Project(name="Shoe shop", timezone=ZONE), "sources": SOURCES, **settings}
        self.settings = Settings(**chosen)
        self.trial: Callable[[dict[str, str]], Trial] = _no_trial
        self.reload: Callable[[], None] = lambda: None
        self.stop_build: Callable[[str], None] = lambda by: None
        self.stop_trial: Callable[[dict[str, str], str], None] = lambda changes, by: None
        self.context = Context(
            root=root,
            read_settings=lambda: self.settings,
            warehouse=store,
            state=self.state,
            status=lambda: self.status,
            build=build,
            forget=forget,
            engine=Engine(store, lambda: self.settings, root),
            collect_url="http://127.0.0.1:8471",
            url=url,
            wanted=lambda: self.settings,
            try_rules=lambda changes: self.trial(changes),
            reload=lambda: self.reload(),
            stop_build=lambda by: self.stop_build(by),
            stop_trial=lambda changes, by: self.stop_trial(changes, by),
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


def _no_trial(changes: dict[str, str]) -> Trial:
    raise AssertionError("nobody asks this test for a trial")


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
