"""Builds of the models: all of them anew, or the people whom something happened to; recorded, and seen by readers as one version.

A build that fails, is stopped, or is killed leaves the old one served; what it left behind is dropped by the next.
"""
# ruff: noqa: S608 - names of our own schemas and models, and whole numbers

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

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
from clew.models.history import Progress, Rules, Tell, attempts, nobody, rules
from clew.models.history.attempts import Attempt
from clew.models.history.rules import encoded
from clew.models.ledger import Database
from clew.models.served import BuildResult, Cursor, Rows, current_build
from clew.models.stopping import Stop
from clew.models.stored import widened
from clew.state import denied_edges
from clew.warehouse import own_events

ONE_AT_A_TIME = threading.Lock()
"""Builds and trials share the dictionaries of numbers, so that two at once would number a new text twice. One process owns the database."""

UNKNOWN = "not known yet"
"""The reason of a build that failed before it was found."""

Wanted = Literal["nothing", "some", "whole"]


class Order(NamedTuple):
    """What a build is made of, and who wants to know how far it is."""

    cursor: Cursor
    settings: Settings
    root: Path
    tell: Tell
    stop: Stop


def build(warehouse: Database, settings: Settings, root: Path, *, reason: str = "", cursor: Cursor | None = None, tell: Tell = nobody) -> BuildResult:
    """Build all models from `clew.model_events`, and serve them.

    `reason` stands in the list of builds; by default it is found by comparing with the build before. `cursor` is one of its own by default.
    `tell` is told how far it is. Raises BuildError; the previous build is then still served.
    """
    return _building(Order(cursor or warehouse.cursor(), settings, root, tell, Stop()), reason, whole=True)


def build_if_needed(
    warehouse: Database,
    settings: Settings,
    root: Path,
    *,
    full: bool = False,
    cursor: Cursor | None = None,
    tell: Tell = nobody,
    stop: Stop | None = None,
) -> tuple[BuildResult, bool]:
    """The newest build, and whether it was made now: because there was none, something was loaded or deleted, a rule changed, or `full` asks for it.

    What happened since is built into the models for the people concerned alone; the result is that of a full build.
    Another thread may stop it by `stop`. Raises BuildError as `build` does, and Stopped.
    """
    order = Order(cursor or warehouse.cursor(), settings, root, tell, stop or Stop())
    with attempts.recorded(order.cursor, Attempt(clock.now(), UNKNOWN, full)), _told("the list of builds cannot be read"):
        before = current_build(order.cursor)
        wanted: Wanted = "whole" if full or before is None else _wanted(order, before)
    if wanted == "nothing" and before is not None:
        return before, False
    return _building(order, "", whole=wanted == "whole"), True


def _wanted(order: Order, before: BuildResult) -> Wanted:
    cursor, settings, root = order.cursor, order.settings, order.root
    mark, load_id = fingerprint(cursor, settings, root), newest_load(cursor, settings, root, before)
    same = (before.fingerprint, before.load_id, before.denied) == (mark, load_id, denied_edges(root, settings))
    if same and not ledger.some_deleted(cursor):
        return "nothing"
    return "some" if before.fingerprint == mark and load_id >= before.load_id and not own_events.rewritten(settings) else "whole"


@contextmanager
def _told(what: str) -> Iterator[None]:
    """What the database complains of as a BuildError."""
    try:
        yield
    except duckdb.Error as error:
        raise BuildError(f"{what}: {error}") from error


def fingerprint(cursor: Cursor, settings: Settings, root: Path) -> str:
    """A hash of all that decides what the models hold, besides the events and the edges denied by hand."""
    columns = [model.columns for model in MODELS]
    return hashlib.sha256(encoded(Rules.of(settings)) + msgspec.json.encode((tables(root), marks(cursor), columns))).hexdigest()[:16]


def newest_load(cursor: Cursor, settings: Settings, root: Path, before: BuildResult | None) -> int:
    """The newest load that there is to build, after the build `before`: the log's loads only grow, also where all messages of one were deleted."""
    own = own_events.configured(settings)
    if own:
        own_events.install(cursor, settings, root)
    newest = Frame(cursor, settings, root, "", None, 0).one
    if before is not None:
        # What was built already the database skips without reading it.
        newer = newest(f"SELECT max(load_id) FROM clew.model_events WHERE load_id > {before.load_id}")
        if newer is not None:
            return int(newer)
        if not own or newest(f"SELECT EXISTS (FROM clew.model_events WHERE load_id = {before.load_id})"):
            return before.load_id
    return int(newest("SELECT coalesce(max(load_id), 0) FROM clew.model_events"))


def _building(order: Order, reason: str, *, whole: bool) -> BuildResult:
    with ONE_AT_A_TIME, _told("the models could not be built, the previous build is still served"):
        return _build_alone(order, reason, whole=whole)


def _build_alone(order: Order, reason: str, *, whole: bool) -> BuildResult:
    started, cursor = clock.now(), order.cursor
    ledger.prepare(cursor)
    with attempts.recorded(cursor, Attempt(started, reason or UNKNOWN, whole)) as begin:
        before = current_build(cursor)
        full.drop_leftovers(cursor, before.schema if before else "")
        whole = whole or before is None
        frame = _frame(order, before, whole)
        result = _result(frame, before, started, reason, whole)
        rules.note(cursor, result.fingerprint, Rules.of(order.settings))
        begin(Attempt(started, result.reason, whole, result.load_id, result.fingerprint))
        frame = frame._replace(tell=_teller(order.tell, result, ledger.seconds_of_last(cursor, whole)))
        if whole or before is None:
            with order.stop.heeded(cursor):
                written = full.make_all(frame)
            return _swap(frame, before, result, written)
        return _in_place(frame, before, result)


def _frame(order: Order, before: BuildResult | None, whole: bool) -> Frame:
    upto = newest_load(order.cursor, order.settings, order.root, None if whole else before)
    schema = f"build_{1 if before is None else before.build_id + 1}" if whole or before is None else before.schema
    after = None if whole or before is None else before.load_id
    return Frame(order.cursor, order.settings, order.root, schema, after, upto, denied_edges(order.root, order.settings), stop=order.stop)


def _teller(tell: Tell, result: BuildResult, expected: float | None) -> Callable[[str, int, int], None]:
    progress = Progress(reason=result.reason, is_full=result.is_full, started_at=result.started_at, expected_seconds=expected)
    return lambda step, done, total: tell(progress.at(step, done, total))


def _result(frame: Frame, before: BuildResult | None, started: int, reason: str, whole: bool) -> BuildResult:
    """What is known of a build before it is made."""
    build_id = 1 if before is None else before.build_id + 1
    mark = fingerprint(frame.cursor, frame.settings, frame.root)
    since = f" AND load_id > {before.load_id}" if before and not whole and not ledger.some_deleted(frame.cursor) else ""
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
        same = rules.noted(frame.cursor, before.fingerprint) == Rules.of(frame.settings)
        return "tables or version changed" if same else "rules changed"
    if ledger.some_deleted(frame.cursor):
        return "messages deleted"
    if before.denied != frame.denied:
        return "edges denied or given back"
    return "new events" if frame.upto > before.load_id else "asked for"


def _swap(frame: Frame, before: BuildResult | None, result: BuildResult, written: Written) -> BuildResult:
    """Point the views to the new build, drop the old one, and record it: in one transaction."""
    people = int(frame.one(f"SELECT count(DISTINCT person) FROM {frame.schema}.stored_sessions"))
    done = _done(frame, result, people, written.events)
    with _transaction(frame.cursor):
        for model in MODELS:
            frame.cursor.execute(f"CREATE OR REPLACE VIEW main.{model.name} AS SELECT * FROM {frame.schema}.{model.name}")
        if before is not None:
            frame.cursor.execute(f"DROP SCHEMA IF EXISTS {before.schema} CASCADE")
        frame.cursor.execute("DELETE FROM clew.touched_people")
        ledger.record(frame.cursor, done)
        attempts.came_through(frame.cursor)
    return done


def _in_place(frame: Frame, before: BuildResult, result: BuildResult) -> BuildResult:
    """Make the people concerned anew, in the tables that are served: in one transaction."""
    frame = widened(frame, present(frame))
    with _transaction(frame.cursor):
        with frame.stop.heeded(frame.cursor):
            touched = increment.make_some(frame, result.build_id, before.denied)
        done = _done(frame, result, touched.people, touched.events)
        ledger.record(frame.cursor, done)
        attempts.came_through(frame.cursor)
    return done


@contextmanager
def _transaction(cursor: Cursor) -> Iterator[None]:
    """All of it or nothing. One whose COMMIT failed is over already."""
    cursor.execute("BEGIN")
    try:
        yield
        cursor.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.TransactionException):
            cursor.execute("ROLLBACK")
        raise


def _done(frame: Frame, result: BuildResult, people: int, events: int) -> BuildResult:
    rows = tuple(Rows(name, int(frame.one(query.format(schema=frame.schema)))) for name, query in COUNTS.items())
    seconds = (clock.now() - result.started_at) / clock.SECOND
    return result._replace(rows=rows, people=people, events=events, seconds=seconds)
