"""The background work of `serve`: one thread loads what the log brings, one builds the models; both report what they do.

A load never waits for a build. Builds run one at a time: when somebody asks, when something was loaded, or when clew.toml changed.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from clew import config
from clew.app.trials import Trials
from clew.app.upkeep import Upkeep
from clew.config import Paths, Settings
from clew.enrich import fill
from clew.errors import BuildError, ClewError, ConfigError, Stopped
from clew.eventlog import Cursor, LogReader
from clew.forget import Preview, Project, finish_all, forget, look
from clew.models import BuildResult, Stop, build_if_needed, current_build
from clew.models.history import Listed, Progress, Rules, differences, listed, noted, prepare
from clew.state import Forget, StateFile
from clew.warehouse import Loader, Warehouse
from clew.web.context import Status

RETRY = 5.0
"""Seconds until a failed load or build is tried again. For a build it doubles with each failure in a row, up to LONGEST_RETRY."""
LONGEST_RETRY = 600.0
LOOK = 2.0
"""Seconds between looks at clew.toml."""


class Worker:
    """Loads and builds in the background from `start` to `stop`. `build` is for those who wait; `status` for those who look."""

    def __init__(self, warehouse: Warehouse, root: Path, settings: Settings, state: StateFile) -> None:
        self._warehouse = warehouse
        self._root = root
        self._state = state
        self._settings = settings
        self._config_time = _config_time(root)
        self._loader = Loader(warehouse, root, settings)
        self._changed = threading.Condition()
        # Who forgets somebody holds both: nothing is loaded and nothing built meanwhile.
        self._loading, self._making = threading.Lock(), threading.Lock()
        self._resumed = threading.Event()
        self._stopping = threading.Event()
        self._cursor: Cursor = self._loader.cursor()
        self._load_id = 0
        self._loaded_at: float | None = None
        # Tickets: `_asked` is the newest handed out, `_taken` the newest that a build has begun for, `_done` the newest that one has ended for.
        # The first one looks whether the models are there and up to date.
        self._asked, self._taken, self._done = 1, 0, 0
        self._urgent = False
        self._full = False
        self._result, self._rules = _served(warehouse)
        self._built = False
        self._building = False
        self._failures = 0
        self._progress: Progress | None = None
        self._stop = Stop()
        """Of the build that runs."""
        self._stopped = ""
        """What the last one said that was stopped; empty where it was not."""
        self._load_error: str | None = None
        self._build_error: str | None = None
        self._enrich_error: str | None = None
        self._config_error: str | None = None
        self._forget_error: str | None = None
        self.upkeep = Upkeep(warehouse, root, self._stopping.is_set)
        self.trials = Trials(warehouse, root, self.wanted)
        self._threads = [
            threading.Thread(target=self._run, args=(step,), name=name, daemon=True) for name, step in (("load", self._load), ("build", self._build))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop both threads; a running build is interrupted and the previous one stays."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._warehouse.interrupt()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=10)
        self.upkeep.stop()
        self._loader.close()

    def settings(self) -> Settings:
        """The settings, with the rules that what is served was made by."""
        rules, settings = self._rules, self._settings
        return settings if rules is None else rules.within(settings)

    def wanted(self) -> Settings:
        """Those of the last clew.toml that could be used: by their rules the next build is made."""
        return self._settings

    def reload(self) -> None:
        """Read clew.toml now, and begin with a build by it as soon as the one that runs is done."""
        with self._changed:
            self._look_again()
            self._urgent = True
            self._changed.notify_all()

    def stop_build(self, by: str) -> None:
        """Stop the build that runs, if one does. The next is made when there is another reason for one."""
        with self._changed:
            stop = self._stop if self._building else None
        if stop:
            stop.ask(by)

    def builds(self, limit: int) -> list[Listed]:
        """The newest builds, newest first; with those that failed, and the one that runs."""
        with self._warehouse.cursor() as cursor:
            return listed(cursor, limit, running=self._building).builds

    def status(self) -> Status:
        with self._changed:
            return Status(
                loaded_at=None if self._loaded_at is None else int(self._loaded_at * 1e6),
                load_id=self._load_id,
                building=self._building,
                queued=self._asked > self._done,
                build_id=self._result.build_id if self._result else None,
                data_as_of=self._result.data_as_of if self._result else None,
                progress=self._progress,
                trial=self.trials.progress,
                stopped=self._stopped,
                changed=differences(self._rules, Rules.of(self._settings)) if self._rules else (),
                error=self._trouble(),
            )

    def _trouble(self) -> str | None:
        built = self._load_error or self._build_error or self._config_error
        return built or self._forget_error or self._enrich_error or self.upkeep.trouble or None

    def look_before_forgetting(self, identifier: str, space: str) -> Preview:
        """Who would be forgotten, after a build. Raises IdentityError, ConfigError, BuildError."""
        self.build(False)
        with self._warehouse.cursor() as cursor:
            return look(cursor, self._settings, identifier, space)

    def forget(self, identifier: str, space: str, by: str) -> Forget:
        """Forget a person, and all that is acknowledged of theirs. Raises as `clew.forget.forget`."""
        with self._loading, self._making:
            done = forget(self._project(), identifier, space, by, self._load_rest)
            self._forget_error = None
        self.build(False)  # so that the pages know of the build that was made
        return done

    def _project(self) -> Project:
        return Project(self._warehouse, self._root, self._settings, self._state)

    def _load_rest(self) -> None:
        while self._loader.load().records:
            pass

    def _resume(self) -> None:
        """Once, before anything is loaded or built: finish forgetting who was to be forgotten when the process before this one ended."""
        try:
            with self._loading, self._making:
                finish_all(self._project())
        except Exception as error:  # noqa: BLE001  it is printed, shown on the pages, and tried again at the next start; what else there is to do goes on
            self._failed("_forget_error", error)
        finally:
            self._resumed.set()

    def build(self, full: bool) -> tuple[BuildResult, bool]:
        """Build all that is in the log now. Returns the newest build, and whether it was made for this call."""
        with closing(LogReader(Paths(self._root).log)) as reader:
            end = reader.end()
        with self._changed:
            self._wait(lambda: self._cursor >= end or self._load_error is not None)
            if self._cursor < end:
                raise BuildError(f"what was acknowledged cannot be loaded: {self._load_error}")
            ticket = self._ask()
            self._urgent, self._full = True, self._full or full
            self._changed.notify_all()
            self._wait(lambda: self._done >= ticket)
            if self._stopped:
                raise Stopped(self._stopped)
            if self._build_error is not None or self._result is None:
                raise BuildError(self._build_error or "the build left no result")
            return self._result, self._built

    def _ask(self) -> int:
        """A ticket for a build that has not begun yet; those who ask meanwhile share it."""
        if self._asked == self._taken:
            self._asked += 1
        return self._asked

    def _wait(self, condition: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: condition() or self._stopping.is_set())
        if self._stopping.is_set():
            raise BuildError("serve is stopping: try again when it runs")

    def _run(self, step: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            step()

    def _load(self) -> None:
        if not self._resumed.is_set():
            self._resume()
        try:
            with self._loading:
                result = self._loader.load()
        except Exception as error:  # noqa: BLE001  whatever it was is printed, shown on the pages and tried again; loading must not end
            self._failed("_load_error", error)
            self._stopping.wait(RETRY)
            return
        with self._changed:
            self._load_error = None
            self._cursor = self._loader.cursor()
            if result.records:
                self._load_id = result.load_id
                self._loaded_at = time.time()
                self._ask()
            self._changed.notify_all()
        if not result.records:
            self._stopping.wait(self._settings.warehouse.load_seconds)

    def _build(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._asked > self._done or self._stopping.is_set(), timeout=LOOK)
            if self._stopping.is_set() or not self._due():
                return
            self._taken = ticket = self._asked
            full, self._full, self._urgent, self._building = self._full, False, False, True
            self._stop, self._stopped = Stop(), ""
            settings = self._settings
        began = time.monotonic()
        try:
            with self._making:
                self._enrich()
                result, built = build_if_needed(self._warehouse, settings, self._root, full=full, tell=self._tell, stop=self._stop)
            with self._changed:
                self._result, self._built, self._rules, self._build_error = result, built, Rules.of(settings), None
                self._failures = 0
            self.upkeep.follow(result, self._settings)
        except Stopped as error:
            with self._changed:
                self._stopped, self._build_error, self._failures = str(error), None, 0
                # What was loaded meanwhile is no reason to begin again at once; who asks for a build meanwhile is one.
                ticket = ticket if self._urgent else self._asked
        except Exception as error:  # noqa: BLE001  as above: the previous build is still served
            self._failures += 1
            self._failed("_build_error", error)
        finally:
            with self._changed:
                self._done = ticket
                self._building, self._progress = False, None
                self._changed.notify_all()
        if self._failures:
            self._pause(min(RETRY * 2.0 ** (self._failures - 1), LONGEST_RETRY))
            with self._changed:
                self._ask()
        else:
            self._pause(max(self._settings.build.pause_seconds, self._settings.build.pause_share * (time.monotonic() - began)))

    def _tell(self, progress: Progress) -> None:
        self._progress = progress

    def _enrich(self) -> None:
        """Look up what is new among addresses and user agents. Where that fails, sessions are built without, and the pages say why."""
        try:
            with self._warehouse.cursor() as cursor:
                fill(cursor, self._settings, self._root)
            self._enrich_error = None
        except ConfigError as error:
            self._enrich_error = str(error)

    def _due(self) -> bool:
        """Whether there is a build to make; reads clew.toml again when it changed."""
        self._look_again()
        return self._asked > self._done and self._resumed.is_set()

    def _look_again(self) -> bool:
        """Read clew.toml again if it changed. Whether it did."""
        changed = _config_time(self._root)
        if changed == self._config_time:
            return False
        self._config_time = changed
        self._reload()
        return True

    def _reload(self) -> None:
        try:
            self._settings = config.load(self._root)
        except ClewError as error:
            self._config_error = f"the settings before the last change are in force: {error}"
            print(f"clew serve: {self._config_error}", file=sys.stderr, flush=True)
        else:
            self._config_error = None
            self._ask()

    def _pause(self, seconds: float) -> None:
        """Leave the machine to others for a while; who waits for a build, or changed clew.toml, is not kept waiting."""
        until = time.monotonic() + seconds
        with self._changed:
            while not (self._stopping.is_set() or self._urgent or self._look_again()) and (left := until - time.monotonic()) > 0:
                self._changed.wait(min(left, LOOK))

    def _failed(self, field: str, error: Exception) -> None:
        if self._stopping.is_set():
            return
        print(f"clew serve: {error}", file=sys.stderr, flush=True)
        if not isinstance(error, ClewError):
            traceback.print_exception(error, file=sys.stderr)
        with self._changed:
            setattr(self, field, str(error))
            self._changed.notify_all()


def _served(warehouse: Warehouse) -> tuple[BuildResult | None, Rules | None]:
    """The build that is there when the process starts, and the rules it was made by, where they are known."""
    with warehouse.cursor() as cursor:
        prepare(cursor)
        served = current_build(cursor)
        return served, noted(cursor, served.fingerprint) if served else None


def _config_time(root: Path) -> int:
    """When clew.toml was changed; 0 while it is not there, as in the midst of an editor's saving."""
    try:
        return Paths(root).config.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
