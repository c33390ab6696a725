"""What the demo sends while Clew runs: the OTTO replay, four weeks of simulated shoppers, then shoppers as they come."""

from __future__ import annotations

import http.client
import threading
import time
import webbrowser
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import msgspec

from clew import clock
from clew.app import otto
from clew.app.links import login_link
from clew.app.simulate.calls import Call
from clew.app.simulate.door import Door
from clew.app.simulate.traffic import Traffic
from clew.config import Settings
from clew.errors import ProjectError

HISTORY = 56 * clock.DAY
"""Twice the overview's four weeks, so that there is a period before to compare with."""
NEWEST = 14 * clock.DAY
"""What is sent first, so that yesterday is on the page within seconds. The order of arrival changes no number."""
VISITS_PER_DAY = 140.0
LIVE_VISITS_PER_SECOND = 0.4
BUSY_BEFORE = 5 * clock.MINUTE
"""The rush began this long before the demo, so that the live page moves from the first second."""
TICK = 0.25
"""Seconds between two looks at which calls are due."""
START_SECONDS = 60.0
"""How long both processes may take to answer."""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """demo.json: when the demo first ran in this project. Its past follows from this, so that sending it twice stores it once."""

    at: int
    seed: int = 1

    @classmethod
    def now(cls) -> Beginning:
        return cls(at=clock.now())

    @classmethod
    def read(cls, root: Path) -> Beginning | None:
        try:
            return msgspec.json.decode((root / "demo.json").read_bytes(), type=cls)
        except FileNotFoundError:
            return None

    def write(self, root: Path) -> None:
        (root / "demo.json").write_bytes(msgspec.json.encode(self))


class Feed(threading.Thread):
    """The thread that sends. What stops it is in `failure`, and it then sets `stop` so that the demo ends."""

    def __init__(
        self, root: Path, settings: Settings, collect: str, web: str, stop: threading.Event, *, print_link: bool, open_browser: bool
    ) -> None:
        super().__init__(name="demo-feed", daemon=True)
        self.failure: Exception | None = None
        self._root = root
        self._settings = settings
        self._collect = collect
        self._web = web
        self._stopping = stop
        self._print_link = print_link
        self._open_browser = open_browser

    def run(self) -> None:
        try:
            for address in (self._collect, self._web):
                self._wait_for(address)
            self._show()
            self._send()
        except Exception as error:  # noqa: BLE001  whatever it is, the main thread raises it: a demo without shoppers must not look alive
            self.failure = error
        finally:
            self._stopping.set()

    def _wait_for(self, address: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._stopping.is_set() and not is_ready(address):
            if time.monotonic() > until:
                raise ProjectError(f"expected http://{address}/health to answer within {START_SECONDS:.0f} s: what it printed says why it does not")
            self._stopping.wait(0.1)

    def _show(self) -> None:
        if self._stopping.is_set():
            return
        if self._print_link:
            say(f"Open this link to log in (it works once):\n  {login_link(self._root, self._settings)}")
        if self._open_browser:
            webbrowser.open(login_link(self._root, self._settings))

    def _send(self) -> None:
        beginning = Beginning.read(self._root) or Beginning.now()
        self._send_otto(beginning.at)
        traffic = Traffic(beginning.seed, beginning.at - HISTORY, beginning.at - BUSY_BEFORE, VISITS_PER_DAY, LIVE_VISITS_PER_SECOND)
        with Door(self._collect, self._write_key("simulated"), self._stopping) as door:
            sent = door.send_all(_newest_first(list(traffic.until(beginning.at)), beginning.at - NEWEST))
            say(f"Sent source simulated: {sent:,} calls of made-up shoppers of the last eight weeks. More come as you watch.")
            if clock.now() - beginning.at > clock.HOUR:
                traffic.skip_to(clock.now())
            while not self._stopping.wait(TICK):
                door.send_live(list(traffic.until(clock.now())))

    def _send_otto(self, now: int) -> None:
        with Door(self._collect, self._write_key("otto"), self._stopping) as door:
            sent = door.send_all(otto.replay(now))
        say(f"Sent source otto: {sent:,} calls. Real events of 20 OTTO shoppers of August 2022 (CC BY 4.0), times shifted to the last four weeks.")

    def _write_key(self, source: str) -> str:
        return next(s.write_key for s in self._settings.sources if s.name == source)


def _newest_first(calls: list[Call], since: int) -> Iterator[Call]:
    middle = bisect_left(calls, since, key=lambda call: call.at)
    return chain(islice(calls, middle, None), islice(calls, middle))


def is_ready(address: str) -> bool:
    """Whether GET /health there answers 200."""
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(text: str) -> None:
    """Print to the person at the terminal, at once."""
    print(text, flush=True)
