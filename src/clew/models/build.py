"""Builds of the models: all of them anew, or the people whom something happened to; recorded, and seen by readers as one version.

A build that fails, is stopped, or is killed leaves the old one served; what it left behind is dropped by the next.
"""
# ruff: noqa: S608 - names of our own schemas and models, and whole numbers

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from pathlib import Path

import duckdb
import msgspec

from clew import clock
from clew.config import Settings
from clew.enrich.tables import marks
from clew.errors import BuildError
from clew.models import full, increment, ledger
from clew.models.catalogue import COUNTS, MODELS
from clew.models.channels import tables
from clew.models.events import Written
from clew.models.frame import Frame, present
from clew.models.ledger import BuildResult, Cursor, Database, Rows
from clew.models.stored import widened
from clew.state import denied_edges
from clew.warehouse import own_events

ONE_AT_A_TIME = threading.Lock()
"""Builds and trials share the dictionaries of numbers, so that two at once would number a new text twice. One process owns the database."""


def build(warehouse: Database, settings: Settings, root: Path, *, reason: str = "", cursor: Cursor | None = None) -> BuildResult:
    """Build all models from `clew.model_events`, and serve them.

    `reason` stands in the list of builds; by default it is found by comparing with the build before. Another thread may stop the build with
    `interrupt()` on `cursor` (default: one of its own). Raises BuildError; the previous build is then still served.
    """
    return _building(cursor or warehouse.cursor(), settings, root, reason, whole=True)


def build_if_needed(
    warehouse: Database, settings: Settings, root: Path, *, full: bool = False, cursor: Cursor | None = None
) -> tuple[BuildResult, bool]:
    """The newest build, and whether it was made now: because there was none, something was loaded, a rule changed, or `full` asks for it.

    What was loaded since is built into the models for the people concerned alone; the result is that of a full build.
    Raises BuildError as `build` does.
    """
    cursor = cursor or warehouse.cursor()
    try:
        before = ledger.current_build(cursor)
        if before is not None and not full:
            mark, load_id = fingerprint(cursor, settings, root), newest_load(cursor, settings, root)
            if (before.fingerprint, before.load_id, before.denied) == (mark, load_id, denied_edges(root, settings)):
                return before, False
            if before.fingerprint == mark and load_id >= before.load_id and not own_events.rewritten(settings):
                return _building(cursor, settings, root, "", whole=False), True
    except duckdb.Error as error:
        raise BuildError(f"the list of builds cannot be read: {error}") from error
    return build(warehouse, settings, root, cursor=cursor), True


def fingerprint(cursor: Cursor, settings: Settings, root: Path) -> str:
    """A hash of all that decides what the models hold, besides the events and the edges denied by hand."""
    identity = msgspec.structs.replace(settings.identity, denied=())
    rules = (settings.project.timezone, settings.events, identity, settings.sessions, settings.bounce, settings.activity)
    return hashlib.sha256(msgspec.json.encode((*rules, tables(root), marks(cursor)), order="deterministic")).hexdigest()[:16]


def newest_load(cursor: Cursor, settings: Settings, root: Path) -> int:
    """The newest load that there is to build."""
    if own_events.configured(settings):
        own_events.install(cursor, settings, root)
    return int(Frame(cursor, settings, root, "", None, 0).one("SELECT coalesce(max(load_id), 0) FROM clew.model_events"))


def _building(cursor: Cursor, settings: Settings, root: Path, reason: str, *, whole: bool) -> BuildResult:
    with ONE_AT_A_TIME:
        return _build_alone(cursor, settings, root, reason, whole=whole)


def _build_alone(cursor: Cursor, settings: Settings, root: Path, reason: str, *, whole: bool) -> BuildResult:
    started = clock.now()
    try:
        ledger.prepare(cursor)
        before = ledger.current_build(cursor)
        full.drop_leftovers(cursor, before.schema if before else "")
        build_id = 1 if before is None else before.build_id + 1
        upto = newest_load(cursor, settings, root)
        schema = f"build_{build_id}" if whole or before is None else before.schema
        frame = Frame(cursor, settings, root, schema, None if whole or before is None else before.load_id, upto, denied_edges(root, settings))
        result = _result(frame, before, started, build_id, reason, whole)
        if whole or before is None:
            return _swap(frame, before, result, full.make_all(frame))
        return _in_place(frame, before, result)
    except duckdb.Error as error:
        raise BuildError(f"the models could not be built, the previous build is still served: {error}") from error


def _result(frame: Frame, before: BuildResult | None, started: int, build_id: int, reason: str, whole: bool) -> BuildResult:
    """What is known of a build before it is made."""
    mark = fingerprint(frame.cursor, frame.settings, frame.root)
    since = f" AND load_id > {before.load_id}" if before and not whole else ""
    newest = frame.one(f"SELECT epoch_us(max(received_at)) FROM clew.model_events WHERE load_id <= {frame.upto}{since}")
    as_of = max((t for t in (newest, before.data_as_of if since and before else None) if t is not None), default=None)
    return BuildResult(
        build_id=build_id,
        schema_id=build_id if whole or before is None else before.schema_id,
        reason=reason or _reason(before, frame, mark),
        is_full=whole,
        load_id=frame.upto,
        data_as_of=as_of,
        started_at=started,
        seconds=0.0,
        people=0,
        events=0,
        rows=(),
        fingerprint=mark,
        denied=frame.denied,
    )


def _reason(before: BuildResult | None, frame: Frame, mark: str) -> str:
    if before is None:
        return "first build"
    if before.fingerprint != mark:
        return "rules changed"
    if before.denied != frame.denied:
        return "edges denied or given back"
    return "new events" if frame.upto > before.load_id else "asked for"


def _swap(frame: Frame, before: BuildResult | None, result: BuildResult, written: Written) -> BuildResult:
    """Point the views to the new build, drop the old one, and record it: in one transaction."""
    people = int(frame.one(f"SELECT count(DISTINCT person) FROM {frame.schema}.stored_sessions"))
    done = _done(frame, result, people, written.events)
    frame.cursor.execute("BEGIN")
    try:
        for model in MODELS:
            frame.cursor.execute(f"CREATE OR REPLACE VIEW main.{model.name} AS SELECT * FROM {frame.schema}.{model.name}")
        if before is not None:
            frame.cursor.execute(f"DROP SCHEMA IF EXISTS {before.schema} CASCADE")
        frame.cursor.execute("DELETE FROM clew.touched_people")
        ledger.record(frame.cursor, done)
        frame.cursor.execute("COMMIT")
    except BaseException:
        _roll_back(frame.cursor)
        raise
    return done


def _in_place(frame: Frame, before: BuildResult, result: BuildResult) -> BuildResult:
    """Make the people concerned anew, in the tables that are served: in one transaction."""
    frame = widened(frame, present(frame))
    frame.cursor.execute("BEGIN")
    try:
        touched = increment.make_some(frame, result.build_id, before.denied)
        done = _done(frame, result, touched.people, touched.events)
        ledger.record(frame.cursor, done)
        frame.cursor.execute("COMMIT")
    except BaseException:
        _roll_back(frame.cursor)
        raise
    return done


def _roll_back(cursor: Cursor) -> None:
    """A transaction whose COMMIT failed is over already."""
    with suppress(duckdb.TransactionException):
        cursor.execute("ROLLBACK")


def _done(frame: Frame, result: BuildResult, people: int, events: int) -> BuildResult:
    rows = tuple(Rows(name, int(frame.one(f"SELECT count(*) FROM {frame.schema}.{table}"))) for name, table in COUNTS.items())
    seconds = (clock.now() - result.started_at) / clock.SECOND
    return result._replace(rows=rows, people=people, events=events, seconds=seconds)
