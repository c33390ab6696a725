"""`clew demo`: a scratch project, run as by `clew up`, with shoppers sent to it over HTTP (`clew.app.feed`)."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from pathlib import Path

from clew import config
from clew.app import project, up
from clew.app.feed import Beginning, Feed, say
from clew.config import Paths, Source
from clew.errors import ProjectError

SOURCES = ("otto", "simulated")


def run(folder: Path | None, browser: bool, collect: str | None = None, web: str | None = None) -> None:
    """Run the demo in `folder` (default: a new scratch folder) until Ctrl-C, on the project's addresses or on free ports where those are taken.

    Opens a browser if `browser` and there is a display. Raises ProjectError where `folder` holds a project of one's own.
    """
    root = folder or Path(tempfile.mkdtemp(prefix="clew-")) / "demo"
    prepare(root)
    settings = config.load(root)
    collect = collect or free_address(settings.collect.address)
    web = web or free_address(settings.web.address)
    say(f"The demo's project is {root}. Clew starts; Ctrl-C ends it.")
    stop = threading.Event()
    # At a project's first start `serve` itself prints the one-time link.
    first_start = not Paths(root).state.exists()
    feed = Feed(root, settings, collect, web, stop, print_link=not first_start, open_browser=browser and has_display())
    feed.start()
    try:
        up.run(root, collect, web, stop)
    finally:
        stop.set()
        feed.join()
    if feed.failure is not None:
        raise feed.failure
    say(f"Stopped. To go on: clew demo --project {root}")


def prepare(root: Path) -> None:
    """Make the demo's project, unless it is there from an earlier run."""
    if not Paths(root).config.exists():
        project.init(root, sources=[Source(name=name, write_key=f"{name}-{project.new_write_key()}") for name in SOURCES])
        Beginning.now().write(root)
    elif Beginning.read(root) is None:
        raise ProjectError(f"{root} is a project of your own, and the demo sends made-up events: use another --project, or none")


def free_address(address: str) -> str:
    """`address`, or the same host with a free port where it is taken."""
    host, _, port = address.rpartition(":")
    for candidate in (int(port), 0):
        try:
            with socket.create_server((host, candidate)) as probe:
                return f"{host}:{probe.getsockname()[1]}"
        except OSError:
            continue
    raise ProjectError(f"no port is free on {host}: give --collect and --web")


def has_display() -> bool:
    """Whether a browser could be seen here."""
    return os.name == "nt" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ or os.uname().sysname == "Darwin"
