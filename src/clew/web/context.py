"""What the process that serves the pages gives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb
import msgspec

from clew.analyses.engine import Engine
from clew.config import Settings
from clew.models import Trial
from clew.models.history import Difference, Progress
from clew.state import State


class Database(Protocol):
    """The open warehouse: every cursor is a connection of its own to the same database."""

    def cursor(self) -> duckdb.DuckDBPyConnection: ...


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the loader and the builder are doing. Times are microseconds since 1970 UTC, None before the first."""

    load_id: int = 0
    loaded_at: int | None = None
    build_id: int | None = None
    data_as_of: int | None = None
    building: bool = False
    queued: bool = False
    error: str | None = None
    progress: Progress | None = None
    """How far the build is that runs."""
    trial: Progress | None = None
    """How far the trial of other rules is that runs."""
    stopped: str = ""
    """That somebody stopped the last build, and who; empty where nobody did, or another began since."""
    changed: tuple[Difference, ...] = ()
    """The rules by which the next build is made and those shown are not: what the numbers were made by, and what clew.toml says."""


class Context(NamedTuple):
    """Made once when the process starts."""

    root: Path
    read_settings: Callable[[], Settings]
    """The settings, with the rules that what is shown was made by: after a change of clew.toml they change with the next build."""
    warehouse: Database
    state: State
    status: Callable[[], Status]
    build: Callable[[], object]
    """Builds all that is in the log now, with the rules in force, and waits for it. Raises BuildError."""
    forget: Callable[[str, str, str], object]
    """Forgets the person of an identifier in a space, for somebody: `clew.forget.forget`."""
    engine: Engine
    """Answers reports."""
    collect_url: str
    """Where clients send, such as http://127.0.0.1:8471; the live page's snippets say it."""
    url: str
    """Where these pages are."""
    wanted: Callable[[], Settings]
    """The settings that clew.toml has: by their rules the next build is made."""
    try_rules: Callable[[dict[str, str]], Trial]
    """What other rules would make of what is shown. Raises ConfigError, BuildError."""
    reload: Callable[[], None]
    """Reads clew.toml, which was changed, and has a build made by it without delay. Does not wait for it."""
    stop_build: Callable[[str], None]
    """Stops the build that runs, in somebody's name; waits until it has stopped."""
    stop_trial: Callable[[dict[str, str], str], None]
    """Stops the trial of these rules, in somebody's name."""

    @property
    def settings(self) -> Settings:
        return self.read_settings()
