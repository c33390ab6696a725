"""The models are built one build at a time: when somebody asks, when something was loaded, or when clew.toml changed."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from clew.app.worker.configured import Configured
from clew.app.worker.signals import Signals
from clew.app.worker.tickets import Tickets
from clew.app.worker.troubles import Troubles
from clew.app.worker.upkeep import Upkeep
from clew.enrich import fill
from clew.errors import BuildError, ConfigError, Stopped
from clew.models import BuildResult, Stop, build_if_needed, current_build
from clew.models.history import Progress, Rules, noted, prepare
from clew.warehouse import Warehouse

RETRY = 5.0
"""Seconds until a failed build is tried again. It doubles with each failure in a row, up to LONGEST_RETRY."""
LONGEST_RETRY = 600.0
LOOK = 2.0
"""Seconds between looks at clew.toml."""


class Builds:
    """`step` makes a build if there is one to make. What it says of itself is read and written under the lock of `signals`."""

    def __init__(self, warehouse: Warehouse, root: Path, configured: Configured, signals: Signals, troubles: Troubles) -> None:
        self.held = threading.Lock()
        """Whoever has it keeps builds from beginning."""
        self.tickets = Tickets()
        self.result, self.rules = _served(warehouse)
        self.is_running = False
        self.progress: Progress | None = None
        self.stopped = ""
        """What the last one said that was stopped; empty where it was not."""
        self.upkeep = Upkeep(warehouse, root, signals.stopping.is_set)
        self._warehouse, self._root, self._configured, self._signals, self._troubles = warehouse, root, configured, signals, troubles
        self._was_made = False
        self._failures = 0
        self._stop = Stop()

    def wait_for_one(self, *, full: bool) -> tuple[BuildResult, bool]:
        """Have one made of all that is loaded now. The newest build, and whether it was made now. Raises BuildError, and Stopped."""
        with self._signals.changed:
            ticket = self.tickets.hurry(full=full)
            self._signals.ring()
            self._signals.wait_for(lambda: self.tickets.is_done(ticket))
            if self.stopped:
                raise Stopped(self.stopped)
            if self._troubles.of("build") or self.result is None:
                raise BuildError(self._troubles.of("build") or "the build left no result")
            return self.result, self._was_made

    def reload(self) -> None:
        """Read clew.toml now, and begin with a build by it as soon as the one that runs is done."""
        with self._signals.changed:
            self._look()
            self.tickets.urgent = True
            self._signals.ring()

    def stop(self, by: str) -> None:
        """Stop the one that runs, if one does. The next is made when there is another reason for one."""
        with self._signals.changed:
            stop = self._stop if self.is_running else None
        if stop:
            stop.ask(by)

    def step(self) -> None:
        """Wait a little for a reason to build; make the build; leave the machine to others for a while."""
        if not self._is_due():
            return
        began, stopped = time.monotonic(), ""
        try:
            self._make()
        except Stopped as error:
            stopped = str(error)
        except Exception as error:  # noqa: BLE001  it is printed, shown on the pages and tried again; the previous build is still served
            self._failures += 1
            self._troubles.happened("build", error)
        finally:
            self._over(stopped)
        if self._failures:
            self._pause(min(RETRY * 2.0 ** (self._failures - 1), LONGEST_RETRY))
            self._ask()
        else:
            rules = self._configured.settings.build
            self._pause(max(rules.pause_seconds, rules.pause_share * (time.monotonic() - began)))

    def _is_due(self) -> bool:
        with self._signals.changed:
            self._signals.changed.wait_for(lambda: self.tickets.some_wait or self._signals.stopping.is_set(), timeout=LOOK)
            if self._signals.stopping.is_set():
                return False
            self._look()
            return self.tickets.some_wait

    def _make(self) -> None:
        with self._signals.changed:
            full, settings = self.tickets.take(), self._configured.settings
            self.is_running, self._stop, self.stopped = True, Stop(), ""
        with self.held:
            self._enrich()
            result, made = build_if_needed(self._warehouse, settings, self._root, full=full, tell=self._tell, stop=self._stop)
        with self._signals.changed:
            self.result, self._was_made, self.rules, self._failures = result, made, Rules.of(settings), 0
            self._troubles.over("build")
        self.upkeep.follow(result, self._configured.settings)

    def _over(self, stopped: str) -> None:
        with self._signals.changed:
            if stopped:
                self.stopped, self._failures = stopped, 0
                self._troubles.over("build")
            self.tickets.end(was_stopped=bool(stopped))
            self.is_running, self.progress = False, None
            self._signals.ring()

    def _tell(self, progress: Progress) -> None:
        self.progress = progress

    def _enrich(self) -> None:
        """Look up what is new among addresses and user agents. Where that fails, sessions are built without, and the pages say why."""
        try:
            with self._warehouse.cursor() as cursor:
                fill(cursor, self._configured.settings, self._root)
            self._troubles.over("enrich")
        except ConfigError as error:
            self._troubles.keep("enrich", str(error))

    def _look(self) -> bool:
        """Whether clew.toml changed; a build by it is then asked for."""
        changed = self._configured.look()
        if changed:
            self._ask()
        return changed

    def _ask(self) -> None:
        with self._signals.changed:
            self.tickets.ask()

    def _pause(self, seconds: float) -> None:
        """Leave the machine to others for a while; who waits for a build, or changed clew.toml, is not kept waiting."""
        until = time.monotonic() + seconds
        with self._signals.changed:
            while not (self._signals.stopping.is_set() or self.tickets.urgent or self._look()) and (left := until - time.monotonic()) > 0:
                self._signals.changed.wait(min(left, LOOK))


def _served(warehouse: Warehouse) -> tuple[BuildResult | None, Rules | None]:
    """The build that is there when the process starts, and the rules it was made by, where they are known."""
    with warehouse.cursor() as cursor:
        prepare(cursor)
        served = current_build(cursor)
        return served, noted(cursor, served.fingerprint) if served else None
