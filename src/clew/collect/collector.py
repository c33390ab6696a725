"""What a running collector holds: its settings, write keys and logs."""

from __future__ import annotations

import asyncio
import secrets
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec

from clew import config, locks
from clew.collect.body import Waiting
from clew.collect.intake import Intake
from clew.collect.keys import Keys
from clew.collect.repeats import StoreOnce
from clew.config import Paths, Settings
from clew.errors import ConfigError, ProjectError
from clew.eventlog import LogWriter
from clew.eventlog.commit import GroupCommit

MAX_WAITING = 64 * 1024 * 1024
"""Bytes of requests in memory beyond which new ones are turned away."""


class CollectAddress(msgspec.Struct, frozen=True):
    """run/collect.json: the running collector. The token opens its control door to who may read the project's folder."""

    pid: int
    url: str
    token: str


class Rolled(NamedTuple):
    """The number of the newest closed chunk of each log."""

    log: int
    refused: int


def running(root: Path) -> CollectAddress | None:
    """The collector that runs on the project, if one does."""
    folder = Paths(root).run
    if not locks.is_held(folder / "collect.lock"):
        return None
    try:
        return msgspec.json.decode((folder / "collect.json").read_bytes(), type=CollectAddress)
    except FileNotFoundError:
        return None


class Collector:
    """The collector of the project in `root`. Writes its logs between `start` and `stop`, in one event loop."""

    intake: Intake

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self.keys = Keys(settings.sources)
        self.token = secrets.token_urlsafe(32)
        self.waiting = Waiting(MAX_WAITING)
        self._config_version = self._version()
        self._writers: list[LogWriter] = []
        self._commits: list[GroupCommit] = []

    async def start(self) -> None:
        """Open the logs. Raises LogError when another process writes them."""
        paths = Paths(self.root)
        try:
            self.intake = Intake(self._open(paths.log), self._open(paths.refused))
        except BaseException:
            await self.stop()
            raise

    def _open(self, folder: Path) -> StoreOnce:
        limits = self.settings.collect
        self._writers.append(LogWriter(folder, self.settings.log))
        self._commits.append(GroupCommit(self._writers[-1], limits.commit_bytes, limits.commit_seconds))
        return StoreOnce(self._commits[-1], limits.remember_messages)

    async def roll(self) -> Rolled:
        """Close the chunks that are being written: all that is acknowledged by now lies in closed ones."""
        return Rolled(*await asyncio.gather(*(commit.roll() for commit in self._commits)))

    async def stop(self) -> None:
        """Commit what has gathered, and close the logs."""
        for commit in self._commits:
            await commit.close()
        for writer in self._writers:
            writer.close()

    def refresh(self) -> None:
        """Take over clew.toml if it was changed. One that cannot be used is told about, and changes nothing."""
        version = self._version()
        if version == self._config_version:
            return
        self._config_version = version
        try:
            self.settings = config.load(self.root)
        except (ConfigError, ProjectError) as error:
            print(f"clew collect: kept the settings it had: {error}", file=sys.stderr, flush=True)
            return
        self.keys = Keys(self.settings.sources)

    def _version(self) -> tuple[int, int] | None:
        """Changes when the file does."""
        try:
            status = Paths(self.root).config.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
