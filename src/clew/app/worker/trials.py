"""Rules tried on what is served, in the process that holds the database: one can be looked at while it runs, and stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clew import config
from clew.config import Settings
from clew.models import Stop, Trial, try_rules
from clew.models.history import Progress
from clew.warehouse import Warehouse

Key = tuple[tuple[str, str], ...]
"""What tells one trial from another."""


class Trials:
    """The trials that run or wait."""

    def __init__(self, warehouse: Warehouse, root: Path, settings: Callable[[], Settings]) -> None:
        self._warehouse = warehouse
        self._root = root
        self._settings = settings
        self._stops: dict[Key, Stop] = {}
        self.progress: Progress | None = None
        """How far the one is that runs."""

    def run(self, changes: dict[str, str]) -> Trial:
        """What other rules would make of what is served. Raises ConfigError, BuildError, Stopped."""
        stop = self._stops[_key(changes)] = Stop()
        try:
            with self._warehouse.cursor() as cursor:
                return try_rules(cursor, config.changed(self._settings(), changes), self._root, self._tell, stop)
        finally:
            self.progress = None
            self._stops.pop(_key(changes), None)

    def stop(self, changes: dict[str, str], by: str) -> None:
        """Stop the trial of these rules, if it runs or waits."""
        if stop := self._stops.get(_key(changes)):
            stop.ask(by)

    def _tell(self, progress: Progress | None) -> None:
        self.progress = progress


def _key(changes: dict[str, str]) -> Key:
    return tuple(sorted(changes.items()))
