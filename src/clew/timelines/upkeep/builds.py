"""After a build: the project's timeline is brought to it. A full build writes its base, an incremental one an overlay of the people it made anew.

A timeline never fails a build. Where it cannot be written, that is said, and reports are answered by SQL until a later build's can.
"""
# ruff: noqa: S608 - names of our own schemas, whole numbers, and texts that `text` quotes

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb
import numpy as np

from clew.config import Paths, Settings
from clew.errors import TimelineError
from clew.models import BuildResult, touched_since
from clew.timelines.store import Source, current_build, keep_up, open_timeline, write_base

ROWS = ("track", "page", "screen")
"""Types of messages that are events of a timeline, as they are rows of `mapped_tracks`."""


class Kept(NamedTuple):
    """What was done: `off` by setting, `current` already, `base`, `overlay`, or `failed` with its error."""

    what: Literal["off", "current", "base", "overlay", "failed"]
    seconds: float = 0.0
    error: str = ""

    def __str__(self) -> str:
        if self.what == "failed":
            return f"the timeline was not kept up, reports are answered by SQL: {self.error}"
        return f"timeline: {self.what}, {self.seconds:.2f} s"


def keep(cursor: duckdb.DuckDBPyConnection, settings: Settings, root: Path, result: BuildResult) -> Kept:
    """Bring the timeline of the project in `root` to this build, which is the newest. Raises nothing of its own."""
    folder, began = Paths(root).timeline, time.perf_counter()
    if not settings.timelines.keep:
        shutil.rmtree(folder, ignore_errors=True)
        return Kept("off")
    try:
        what = _kept(cursor, settings, folder, result)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and the build stands
        # What it says of people is of a build that is gone, and may be of people who are.
        shutil.rmtree(folder, ignore_errors=True)
        return Kept("failed", time.perf_counter() - began, str(error))
    return Kept(what, time.perf_counter() - began)


def _kept(cursor: duckdb.DuckDBPyConnection, settings: Settings, folder: Path, result: BuildResult) -> Literal["current", "base", "overlay"]:
    since = _build_of(folder)
    if since == result.build_id:
        return "current"
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        people = None if since is None else touched_since(cursor, since)
        if since is None or people is None:
            write_base(cursor, folder, source(cursor, settings, result), result.build_id)
            return "base"
        people = np.append(people, 0) if _nobody_changed(cursor, folder, result) else people
        keep_up(cursor, folder, source(cursor, settings, result), result.build_id, people, since=since)
        return "overlay"
    finally:
        cursor.execute("ROLLBACK")


def _nobody_changed(cursor: duckdb.DuckDBPyConnection, folder: Path, result: BuildResult) -> bool:
    """Whether events without a person came or went: nobody is made anew for them."""
    kinds = f"SELECT kind_id FROM clew.event_kinds WHERE type IN {ROWS}"
    found = cursor.execute(f"SELECT count(*) FROM {result.schema}.stored_events WHERE person = 0 AND kind_id IN ({kinds})").fetchone()
    timeline = open_timeline(folder)
    held = sum(int(part.start[1]) for part in timeline.parts if len(part.person) and not part.person[0] and not (len(part.skip) and part.skip[0]))
    return found != (held,)


def _build_of(folder: Path) -> int | None:
    try:
        return current_build(folder)
    except TimelineError:
        return None


def source(cursor: duckdb.DuckDBPyConnection, settings: Settings, result: BuildResult) -> Source:
    """The build's events that are rows of `mapped_tracks`; each in the session that it lies in, counted there or not."""
    kinds = cursor.execute("SELECT kind_id, type, event FROM clew.event_kinds").fetchall()
    rows = _numbers(n for n, kind, _ in kinds if kind in ROWS)
    quiet = _numbers(n for n, kind, event in kinds if kind in ROWS and event in settings.activity.exclude)
    uncounted = (cursor.execute(f"SELECT count(*) FROM {result.schema}.uncounted_tracks").fetchone() or (0,))[0]
    inside = f" LEFT JOIN {result.schema}.uncounted_tracks AS u USING (event_number)" if uncounted else ""
    return Source(
        relation=f"(SELECT e.*{', u.session_number AS lies_in' if uncounted else ''} FROM {result.schema}.person_events AS e{inside} "
        f"WHERE e.kind_id IN ({rows}))",
        is_activity=f"activity AND kind_id NOT IN ({quiet})",
        session="coalesce(nullif(session_number, 0), lies_in)" if uncounted else "nullif(session_number, 0)",
        # Events without a person, which are person 0's, are stored as they came.
        order="" if result.is_full and not uncounted else "CASE WHEN person = 0 THEN model_time END, place",
    )


def _numbers(found: Iterable[int]) -> str:
    return ", ".join(map(str, found)) or "-1"
