"""One-time log-in links, for who may read the project's folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from clew.api import ServeAddress
from clew.config import Paths, Settings
from clew.state import State, new_link


def login_link(root: Path, settings: Settings) -> str:
    """A new link that logs in as owner, once. It leads to the running `serve`, or to where it will be."""
    with State.open(Paths(root).state) as state:
        return new_link(state, _base_url(root, settings))


def _base_url(root: Path, settings: Settings) -> str:
    try:
        return msgspec.json.decode((Paths(root).run / "serve.json").read_bytes(), type=ServeAddress).url
    except FileNotFoundError:
        return f"http://{settings.web.address}"
