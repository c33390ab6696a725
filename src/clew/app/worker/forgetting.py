"""Forgetting people while `serve` runs: nothing is loaded and nothing built meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

from clew.app.worker.builds import Builds
from clew.app.worker.configured import Configured
from clew.app.worker.loads import Loads
from clew.app.worker.troubles import Troubles
from clew.forget import Preview, Project, finish_all, forget, look
from clew.state import Forget, StateFile
from clew.warehouse import Warehouse


class Forgetting:
    """For whoever asks, and once at the start, for whom the process before this one did not come to an end with."""

    def __init__(
        self, warehouse: Warehouse, root: Path, state: StateFile, configured: Configured, loads: Loads, builds: Builds, troubles: Troubles
    ) -> None:
        self.resumed = threading.Event()
        """Whoever was to be forgotten is, so that loads and builds may begin."""
        self._warehouse, self._root, self._state, self._configured = warehouse, root, state, configured
        self._loads, self._builds, self._troubles = loads, builds, troubles

    def preview(self, identifier: str, space: str) -> Preview:
        """Who would be forgotten. Raises IdentityError, ConfigError."""
        with self._warehouse.cursor() as cursor:
            return look(cursor, self._configured.settings, identifier, space)

    def forget(self, identifier: str, space: str, by: str) -> Forget:
        """Forget a person, and all that is acknowledged of theirs. Raises as `clew.forget.forget`."""
        with self._loads.held, self._builds.held:
            done = forget(self._project(), identifier, space, by, self._loads.all_now)
            self._troubles.over("forget")
            return done

    def resume(self) -> None:
        """Before anything is loaded or built: finish what was begun."""
        try:
            with self._loads.held, self._builds.held:
                finish_all(self._project())
        except Exception as error:  # noqa: BLE001  it is printed, shown on the pages, and tried again at the next start; what else there is to do goes on
            self._troubles.happened("forget", error)
        finally:
            self.resumed.set()

    def _project(self) -> Project:
        return Project(self._warehouse, self._root, self._configured.settings, self._state)
