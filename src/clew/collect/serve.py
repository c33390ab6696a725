"""The collector's process: one per project, on one address, with its housekeeping."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn

from clew import locks
from clew.collect.app import App
from clew.collect.collector import CollectAddress, Collector
from clew.config import Paths, Settings
from clew.door import listen
from clew.errors import LogError, ProjectError
from clew.eventlog import apply_retention, compress_closed

STOP_SECONDS = 10
"""Requests under way are given this long when the process stops."""
REFRESH_SECONDS, UPKEEP_SECONDS = 1.0, 60.0
"""How often clew.toml is looked at, and closed chunks are seen to."""


def run(root: Path, settings: Settings, address: str | None = None) -> None:
    """Collect until SIGINT or SIGTERM. Raises ProjectError if a collector runs on the project, ConfigError for an address not to be had."""
    run_folder = Paths(root).run
    with (
        locks.hold(run_folder / "collect.lock", "clew collect"),
        listen(address or settings.collect.address, "collector", "--collect, collect.address") as door,
    ):
        collector = Collector(root, settings)
        options = uvicorn.Config(
            App(collector),
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=2048,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        server = _Server(options, run_folder / "collect.json", collector.token)
        gc.freeze()  # what was made until here stays: no collection need look at it again
        with _housekeeping(collector):
            server.run(sockets=[door])
        if not server.started:
            raise ProjectError(f"the collector could not start on {root}: the reason stands above")


class _Server(uvicorn.Server):
    """Says where it listens, once it does."""

    def __init__(self, options: uvicorn.Config, notice: Path, token: str) -> None:
        super().__init__(options)
        self._notice = notice
        self._token = token

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM. Uvicorn would raise them once more after the stop; a clean stop shall end with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            url = "http://{}:{}".format(*_printable(sockets[0]))
            _write(self._notice, msgspec.json.encode(CollectAddress(os.getpid(), url, self._token)))
            print(f"clew collect: messages to {url}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._notice.unlink(missing_ok=True)
        await super().shutdown(sockets)


def _printable(door: socket.socket) -> tuple[str, int]:
    host, port = door.getsockname()[:2]
    return (f"[{host}]" if ":" in host else host), port


def _write(path: Path, content: bytes) -> None:
    """All or nothing, for who reads it at that moment; for the owner alone."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    temporary.replace(path)


@contextmanager
def _housekeeping(collector: Collector) -> Iterator[None]:
    """A thread beside the server: takes over a changed clew.toml, compresses closed chunks, and deletes old ones."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep_house, args=(collector, stop), name="housekeeping", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep_house(collector: Collector, stop: threading.Event) -> None:
    due = 0.0
    while not stop.wait(REFRESH_SECONDS):
        collector.refresh()
        due -= REFRESH_SECONDS
        if due <= 0:
            due = UPKEEP_SECONDS
            see_to_chunks(collector)


def see_to_chunks(collector: Collector) -> None:
    """Compress and expire the closed chunks of both logs. What fails is told about, and tried again."""
    paths, settings = Paths(collector.root), collector.settings.log
    for folder in (paths.log, paths.refused):
        try:
            if settings.compress:
                compress_closed(folder)
            apply_retention(folder, settings, even_unread=folder == paths.refused)
        except LogError as error:
            print(f"clew collect: {error}", file=sys.stderr, flush=True)
