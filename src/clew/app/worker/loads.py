"""What the log brings is loaded into the warehouse, load by load. A load never waits for a build."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from clew.app.worker.signals import Signals
from clew.app.worker.troubles import Troubles
from clew.config import Paths, Settings
from clew.errors import BuildError
from clew.eventlog import LogReader
from clew.warehouse import Warehouse
from clew.warehouse.loading.load import Loader

RETRY = 5.0
"""Seconds until a failed load is tried again."""


class Loads:
    """`step` loads once; `loaded` is called, under the lock, after each load that brought something."""

    def __init__(
        self, warehouse: Warehouse, root: Path, settings: Callable[[], Settings], signals: Signals, troubles: Troubles, loaded: Callable[[], object]
    ) -> None:
        self.held = threading.Lock()
        """Whoever has it keeps loads from beginning."""
        self.load_id = 0
        self.loaded_at: int | None = None
        self._root, self._settings, self._signals, self._troubles, self._loaded = root, settings, signals, troubles, loaded
        self._loader = Loader(warehouse, root, settings())
        self._cursor = self._loader.cursor()

    def step(self) -> None:
        """Load what is there, and wait a little where that was nothing."""
        try:
            with self.held:
                result = self._loader.load()
        except Exception as error:  # noqa: BLE001  whatever it was is printed, shown on the pages and tried again; loading must not end
            self._troubles.happened("load", error)
            self._signals.stopping.wait(RETRY)
            return
        self._took_in(result.load_id if result.records else None)
        if not result.records:
            self._signals.stopping.wait(self._settings().warehouse.load_seconds)

    def _took_in(self, load_id: int | None) -> None:
        with self._signals.changed:
            self._troubles.over("load")
            self._cursor = self._loader.cursor()
            if load_id is not None:
                self.load_id, self.loaded_at = load_id, int(time.time() * 1e6)
                self._loaded()
            self._signals.ring()

    def all_now(self) -> None:
        """Load until nothing is left. For who holds `held`."""
        while self._loader.load().records:
            pass

    def wait_for_all(self) -> None:
        """Wait until all that is in the log now is loaded. Raises BuildError where it cannot be."""
        with closing(LogReader(Paths(self._root).log)) as reader:
            end = reader.end()
        with self._signals.changed:
            self._signals.wait_for(lambda: self._cursor >= end or bool(self._troubles.of("load")))
            if self._cursor < end:
                raise BuildError(f"what was acknowledged cannot be loaded: {self._troubles.of('load')}")

    def close(self) -> None:
        self._loader.close()
