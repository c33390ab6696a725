"""The threads of `serve`'s background work, and what others ask of it: one loads what the log brings, one builds the models."""

from __future__ import annotations

import threading
from pathlib import Path

from clew.app.worker.builds import Builds
from clew.app.worker.configured import Configured
from clew.app.worker.forgetting import Forgetting
from clew.app.worker.loads import Loads
from clew.app.worker.signals import Signals
from clew.app.worker.trials import Trials
from clew.app.worker.troubles import Troubles
from clew.config import Settings
from clew.forget import Preview
from clew.models import BuildResult
from clew.models.history import Listed, Rules, differences, listed
from clew.state import Forget, StateFile
from clew.warehouse import Warehouse
from clew.web.context import Status


class Worker:
    """Loads and builds in the background from `start` to `stop`. `build` is for those who wait; `status` for those who look."""

    def __init__(self, warehouse: Warehouse, root: Path, settings: Settings, state: StateFile) -> None:
        self._warehouse = warehouse
        self._signals = Signals()
        self._troubles = Troubles(self._signals)
        self._configured = Configured(root, settings, self._troubles)
        self._builds = Builds(warehouse, root, self._configured, self._signals, self._troubles)
        self._loads = Loads(warehouse, root, self.wanted, self._signals, self._troubles, self._builds.tickets.ask)
        self._forgetting = Forgetting(warehouse, root, state, self._configured, self._loads, self._builds, self._troubles)
        self.upkeep = self._builds.upkeep
        self.trials = Trials(warehouse, root, self.wanted)
        self.reload, self.stop_build = self._builds.reload, self._builds.stop
        self._threads = [threading.Thread(target=run, name=name, daemon=True) for name, run in (("load", self._load), ("build", self._build))]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop both threads; a running build is interrupted and the previous one stays."""
        self._signals.stop()
        self._warehouse.interrupt()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=10)
        self.upkeep.stop()
        self._loads.close()

    def _load(self) -> None:
        self._forgetting.resume()
        while not self._signals.stopping.is_set():
            self._loads.step()

    def _build(self) -> None:
        self._forgetting.resumed.wait()
        while not self._signals.stopping.is_set():
            self._builds.step()

    def settings(self) -> Settings:
        """The settings, with the rules that what is served was made by."""
        rules, settings = self._builds.rules, self._configured.settings
        return settings if rules is None else rules.within(settings)

    def wanted(self) -> Settings:
        """Those of the last clew.toml that could be used: by their rules the next build is made."""
        return self._configured.settings

    def build(self, full: bool) -> tuple[BuildResult, bool]:
        """Build all that is in the log now. Returns the newest build, and whether it was made for this call. Raises BuildError, and Stopped."""
        self._loads.wait_for_all()
        return self._builds.wait_for_one(full=full)

    def builds(self, limit: int) -> list[Listed]:
        """The newest builds, newest first; with those that failed, and the one that runs."""
        with self._warehouse.cursor() as cursor:
            return listed(cursor, limit, running=self._builds.is_running).builds

    def look_before_forgetting(self, identifier: str, space: str) -> Preview:
        """Who would be forgotten, after a build. Raises IdentityError, ConfigError, BuildError."""
        self.build(False)
        return self._forgetting.preview(identifier, space)

    def forget(self, identifier: str, space: str, by: str) -> Forget:
        """Forget a person, and all that is acknowledged of theirs. Raises as `clew.forget.forget`."""
        done = self._forgetting.forget(identifier, space, by)
        self.build(False)  # so that the pages know of the build that was made
        return done

    def status(self) -> Status:
        """What is done at this moment, and what is wrong."""
        with self._signals.changed:
            builds, result = self._builds, self._builds.result
            return Status(
                loaded_at=self._loads.loaded_at,
                load_id=self._loads.load_id,
                building=builds.is_running,
                queued=builds.tickets.some_wait,
                build_id=result.build_id if result else None,
                data_as_of=result.data_as_of if result else None,
                progress=builds.progress,
                trial=self.trials.progress,
                stopped=builds.stopped,
                changed=differences(builds.rules, Rules.of(self.wanted())) if builds.rules else (),
                error=self._troubles.worst() or self.upkeep.trouble or None,
            )
