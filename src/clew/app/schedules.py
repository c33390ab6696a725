"""Schedules of saved reports: `serve` writes their files into `exports/`, each day from an hour on, as soon as there is a build.

A file is there whole or not at all. What could not be written is noted and tried again on the next day. A day on which `serve` did not run has none.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from clew import clock
from clew.analyses.answer import ask
from clew.config import Paths
from clew.errors import ClewError, QueryError
from clew.names import snake
from clew.state.schedules import Schedule, all_schedules, ran
from clew.warehouse.export import write_csv
from clew.web.context import Context
from clew.web.reports.question import Asked, read

EVERY = 30.0
"""Seconds between two looks at the clock."""
SECONDS = 600.0
"""A file is given longer than a page."""


class Schedules:
    """Looks at the clock in a thread of its own, from `start` to `stop`."""

    def __init__(self, context: Context, now: Callable[[], int] = clock.now, every: float = EVERY) -> None:
        self._context = context
        self._now = now
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A file that is being written is left; it is not there in half."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def run_due(self) -> list[Path]:
        """Write what is due, and say what was written."""
        zone = clock.zone(self._context.settings.project.timezone)
        local = dt.datetime.fromtimestamp(self._now() / 1e6, zone)
        due = [each for each in all_schedules(self._context.state) if each.hour <= local.hour and each.last_day < local.date().isoformat()]
        return [path for each in due if (path := self._write(each, local.date().isoformat()))]

    def _write(self, due: Schedule, day: str) -> Path | None:
        if self._context.status().build_id is None:
            return None
        try:
            path = write(self._context, due, day)
        except (ClewError, HTTPException, OSError) as error:
            ran(self._context.state, due.schedule_id, day, str(getattr(error, "detail", error)))
            return None
        ran(self._context.state, due.schedule_id, day)
        return path

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            # The state closes while serve stops.
            with suppress(ClewError, sqlite3.Error):
                self.run_due()


def write(context: Context, due: Schedule, day: str) -> Path:
    """The file of a day: `exports/NUMBER_name_DAY.csv`. Raises QueryError, HTTPException, OSError."""
    asked = read(due.report, QueryParams(due.query), context)
    if asked is None or asked.question is None:
        raise QueryError(asked.refusal if asked else "expected a build, found none")
    folder = Paths(context.root).exports
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{due.saved_id}_{snake(due.name)[:80] or 'report'}_{day}.{due.form}"
    begun = path.with_suffix(f"{path.suffix}.part")
    try:
        _fill(context, asked, due.form, begun)
        begun.rename(path)
    finally:
        begun.unlink(missing_ok=True)
    return path


def _fill(context: Context, asked: Asked, form: str, path: Path) -> None:
    if form == "csv" and asked.question:
        write_csv(context.warehouse, asked.question.sql, path, seconds=SECONDS)
        return

    answer = ask(lambda question: context.engine.tell(question, seconds=SECONDS), asked.name, asked.given, context.settings, context.root)
    path.write_text(json.dumps(answer.as_json()), "utf-8")
