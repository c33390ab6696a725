"""One full build: all models beside what is served, then swapped in one transaction.

What came after the build began is left to the next one: everything is read up to the newest load at the start. A build that fails, is stopped, or is
killed leaves the old one served; what it left behind is dropped by the next.
"""
# ruff: noqa: S608 - names of our own schemas and models, and whole numbers

from __future__ import annotations

import hashlib
import itertools
import re
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from msgspec import structs

from clew import clock, config
from clew.config import Settings
from clew.errors import BuildError
from clew.models import arrays, ledger
from clew.models.catalogue import MODELS, PACKED, Model
from clew.models.ledger import BuildResult, Cursor, Database, Rows
from clew.models.render import OPTIONAL, Names, render, render_count
from clew.state import denied_edges
from clew.warehouse import own_events

SORTED = 2_500_000
"""Events sorted at a time."""


def build(warehouse: Database, settings: Settings, root: Path, *, reason: str = "", cursor: Cursor | None = None) -> BuildResult:
    """Build all models from `clew.model_events`, and serve them.

    `reason` stands in the list of builds; by default it is found by comparing with the build before. Another thread may stop the build with
    `interrupt()` on `cursor` (default: one of its own). Raises BuildError; the previous build is then still served.
    """
    cursor = cursor or warehouse.cursor()
    settings = _with_denials(settings, root)
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
    settings = _with_denials(settings, root)
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


def _with_denials(settings: Settings, root: Path) -> Settings:
    """The rules with the edges that somebody took away on a page or by a command. Once more changes nothing."""
    return structs.replace(settings, identity=structs.replace(settings.identity, denied=denied_edges(root, settings)))


def _build(cursor: Cursor, settings: Settings, root: Path, before: BuildResult | None, started: int, reason: str) -> BuildResult:
    build_id = _one(cursor, "SELECT coalesce(max(build_id), 0) + 1 FROM clew.builds")
    load_id = _newest_load(cursor, settings, root)
    as_of = _one(cursor, f"SELECT epoch_us(max(received_at)) FROM clew.model_events WHERE load_id <= {load_id}")
    names = Names(f"build_{build_id}", load_id, config.salt(root), root)
    cursor.execute(f"CREATE SCHEMA {names.schema}")
    names = names._replace(absent=_absent(cursor, settings, names))
    for model in MODELS:
        _make(cursor, model, settings, names)
    rows = tuple(Rows(m.name, _one(cursor, f"SELECT count(*) FROM {names.schema}.{m.name}")) for m in MODELS if m.kept and not m.view)
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
    query = render(model.name, settings, names)
    if model.name == "alias_roots":
        arrays.alias_roots(cursor, names.schema)
    elif model.name == "event_sessions":
        arrays.event_sessions(cursor, names.schema, model.columns, settings, names.absent)
    elif model.name == "session_totals":
        return  # made with event_sessions, from the same arrays
    elif model.view:
        cursor.execute(f"CREATE VIEW {target} AS {query}")
    elif model.name == "placed_events":
        _make_packed(cursor, target, query)
        cursor.execute(f"INSERT INTO {target} {query}")
    elif model.name == "person_events":
        _make_packed(cursor, target, query)
        for piece in _pieces(cursor, names):
            cursor.execute(f"INSERT INTO {target} {render(model.name, settings, names._replace(piece=piece))}")
        cursor.execute(f"DROP TABLE {names.schema}.placed_events")
    else:
        cursor.execute(f"CREATE TABLE {target} AS {query}")
    if model.name == "universal_aliases":
        ledger.enrol(cursor, names.schema)


def _absent(cursor: Cursor, settings: Settings, names: Names) -> frozenset[str]:
    counts = cursor.execute(render_count(settings, names)).fetchone() or ()
    return frozenset(name for name, count in zip(OPTIONAL, counts, strict=True) if not count)


def _pieces(cursor: Cursor, names: Names) -> list[str]:
    """Conditions that divide the people, in order, so that about SORTED events are sorted at a time: what does not fit in memory is slow to sort."""
    rows = int(_one(cursor, f"SELECT count(*) FROM {names.schema}.placed_events"))
    shares = [n / (rows // SORTED + 1) for n in range(1, rows // SORTED + 1)]
    limits = sorted(set(_one(cursor, f"SELECT approx_quantile(person, {shares}) FROM {names.schema}.placed_events") or [])) if shares else []
    if not limits:
        return [""]
    between = [f"person > {low} AND person <= {high}" for low, high in itertools.pairwise(limits)]
    return [f"person <= {limits[0]}", *between, f"person > {limits[-1]}", "person IS NULL"]


def _make_packed(cursor: Cursor, target: str, query: str) -> None:
    """An empty table for the rows of the query."""
    columns = [(name, kind) for name, kind, *_ in cursor.execute(f"DESCRIBE {query}").fetchall()]
    cursor.execute(f"CREATE TABLE {target} ({', '.join(f'{name} {kind} {PACKED.get(name, str())}' for name, kind in columns)})")


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
