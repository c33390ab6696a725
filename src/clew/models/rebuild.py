"""One full build: all models beside what is served, then swapped in one transaction.

What came after the build began is left to the next one: everything is read up to the newest load at the start. A build that fails, is stopped, or is
killed leaves the old one served; what it left behind is dropped by the next.
"""
# ruff: noqa: S608 - names of our own schemas and models, and whole numbers

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np

from clew import clock, config
from clew.config import Settings
from clew.errors import BuildError
from clew.models import ledger
from clew.models.catalogue import MODELS, PACKED, Model
from clew.models.follow import follow
from clew.models.ledger import BuildResult, Cursor, Database, Rows
from clew.models.render import Names, render
from clew.warehouse import own_events


def build(warehouse: Database, settings: Settings, root: Path, *, reason: str = "", cursor: Cursor | None = None) -> BuildResult:
    """Build all models from `clew.model_events`, and serve them.

    `reason` stands in the list of builds; by default it is found by comparing with the build before. Another thread may stop the build with
    `interrupt()` on `cursor` (default: one of its own). Raises BuildError; the previous build is then still served.
    """
    cursor = cursor or warehouse.cursor()
    started = clock.now()
    try:
        ledger.prepare(cursor)
        before = ledger.current_build(cursor)
        _drop_leftovers(cursor, before)
        result = _build(cursor, settings, root, before, started, reason)
    except duckdb.Error as error:
        raise BuildError(f"the models could not be built, the previous build is still served: {error}") from error
    return result


def build_if_needed(
    warehouse: Database, settings: Settings, root: Path, *, full: bool = False, cursor: Cursor | None = None
) -> tuple[BuildResult, bool]:
    """The newest build, and whether it was made now: because there was none, something was loaded, a rule changed, or `full` asks for it.

    Raises BuildError as `build` does.
    """
    cursor = cursor or warehouse.cursor()
    try:
        before = ledger.current_build(cursor)
        if before and not full and before.fingerprint == fingerprint(settings, root) and _newest_load(cursor, settings, root) == before.load_id:
            return before, False
    except duckdb.Error as error:
        raise BuildError(f"the list of builds cannot be read: {error}") from error
    return build(warehouse, settings, root, cursor=cursor), True


def fingerprint(settings: Settings, root: Path) -> str:
    """A hash of all that decides what the models hold, besides the events."""
    rules = (settings.project.timezone, settings.events, settings.identity, settings.sessions, settings.bounce, settings.activity)
    facts = render("session_facts", settings, Names(root=root))
    return hashlib.sha256(msgspec.json.encode(rules, order="deterministic") + facts.encode()).hexdigest()[:16]


def _build(cursor: Cursor, settings: Settings, root: Path, before: BuildResult | None, started: int, reason: str) -> BuildResult:
    build_id = _one(cursor, "SELECT coalesce(max(build_id), 0) + 1 FROM clew.builds")
    load_id = _newest_load(cursor, settings, root)
    as_of = _one(cursor, f"SELECT epoch_us(max(received_at)) FROM clew.model_events WHERE load_id <= {load_id}")
    names = Names(f"build_{build_id}", load_id, config.salt(root), root)
    cursor.execute(f"CREATE SCHEMA {names.schema}")
    for model in MODELS:
        _make(cursor, model, settings, names)
    rows = tuple(Rows(m.name, _one(cursor, f"SELECT count(*) FROM {names.schema}.{m.name}")) for m in MODELS if not m.view)
    mark = fingerprint(settings, root)
    result = BuildResult(
        build_id,
        reason or _reason(before, load_id, mark),
        load_id,
        as_of,
        started,
        (clock.now() - started) / clock.SECOND,
        rows,
        mark,
    )
    _swap(cursor, result, before)
    return result


def _newest_load(cursor: Cursor, settings: Settings, root: Path) -> int:
    if own_events.configured(settings):
        own_events.install(cursor, settings, root)
    return int(_one(cursor, "SELECT coalesce(max(load_id), 0) FROM clew.model_events"))


def _reason(before: BuildResult | None, load_id: int, mark: str) -> str:
    if before is None:
        return "first build"
    if before.fingerprint != mark:
        return "rules changed"
    return "new events" if load_id > before.load_id else "asked for"


def _make(cursor: Cursor, model: Model, settings: Settings, names: Names) -> None:
    target = f"{names.schema}.{model.name}"
    if model.name == "alias_roots":
        _follow(cursor, names.schema)
        return
    query = render(model.name, settings, names)
    if model.view:
        cursor.execute(f"CREATE VIEW {target} AS {query}")
    elif model.name == "person_events":
        cursor.execute(f"CREATE TABLE {target} ({', '.join(_stored(c) for c in model.columns)})")
        cursor.execute(f"INSERT INTO {target} {query}")
    else:
        cursor.execute(f"CREATE TABLE {target} AS {query}")
    if model.name == "universal_aliases":
        ledger.enrol(cursor, names.schema)


def _stored(column: str) -> str:
    return f"{column} {PACKED.get(column.split()[0], '')}"


def _follow(cursor: Cursor, schema: str) -> None:
    """`alias_roots` by arrays instead of its SQL."""
    edges = cursor.execute(f"SELECT alias_id, next_id, epoch_us(seen_at) AS seen_at FROM {schema}.alias_edges WHERE is_latest").fetchnumpy()
    alias, target, seen_at = (np.asarray(edges[c], np.int64) for c in ("alias_id", "next_id", "seen_at"))
    ends = follow(alias, target, seen_at)
    arrays = {"id": alias.astype(np.int32), "root_id": ends.root.astype(np.int32), "in_cycle": ends.in_cycle, "hops": ends.hops.astype(np.int32)}
    cursor.register("followed_aliases", arrays)
    try:
        cursor.execute(f"CREATE TABLE {schema}.alias_roots AS SELECT * FROM followed_aliases")
    finally:
        cursor.unregister("followed_aliases")


def _swap(cursor: Cursor, result: BuildResult, before: BuildResult | None) -> None:
    """Point the views to the new build, drop the old one, and record it: in one transaction."""
    cursor.execute("BEGIN")
    try:
        for model in MODELS:
            if model.public:
                cursor.execute(f"CREATE OR REPLACE VIEW main.{model.name} AS SELECT * FROM {result.schema}.{model.name}")
        if before is not None:
            cursor.execute(f"DROP SCHEMA IF EXISTS {before.schema} CASCADE")
        ledger.record(cursor, result)
        cursor.execute("COMMIT")
    except duckdb.Error:
        cursor.execute("ROLLBACK")
        raise


def _drop_leftovers(cursor: Cursor, served: BuildResult | None) -> None:
    keep = served.schema if served else ""
    for (schema,) in cursor.execute("SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()").fetchall():
        if re.fullmatch(r"build_\d+", schema) and schema != keep:
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")


def _one(cursor: Cursor, query: str) -> Any:
    row = cursor.execute(query).fetchone()
    return row[0] if row else None
