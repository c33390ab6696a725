"""For `sequences`: the funnel with conditions on a property of two of its steps, broken down by a property of the first.

A price drawn for each event and a country for each person: typed columns on both sides, of ClickHouse's table and of the table that Clew's database
is asked about. A person's country is that of all its events, since ClickHouse's funnel does not say with which event it began.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from clew.timelines import funnel
from clew.timelines.columns import Any1D, Match, match_kinds
from clew.timelines.predicates import Codes, Expression, Relation, look, masks
from clew.timelines.store import Source, Timeline, open_timeline, write_base

if TYPE_CHECKING:
    from benchmarks.sequences import Question

COUNTRIES = 20
PRICES = "price < 700", "price > 500"


def make(where: Path, columns: dict[str, Any1D], place: Any1D) -> None:
    """The events with their properties, for both. `place`: as `sequences.load_clickhouse` has it."""
    from chdb.session import Session

    person = np.repeat(columns["person"], np.diff(columns["start"])).astype(np.int32)
    arrays = {name: np.asarray(columns[name]) for name in ("time", "kind", "is_activity", "session")}
    arrays |= {"person": person, "event": np.arange(len(person)), "place": place}
    parquet = (where / "filtered.parquet").resolve()
    with duckdb.connect(str(where / "filtered.part"), config={"threads": 2, "memory_limit": "2GB"}) as db:
        db.register("arrays", arrays)
        db.execute(f"""CREATE TABLE person_events AS SELECT person, make_timestamp(time) AS model_time, event AS event_number, kind AS kind_id,
            CAST(session AS BIGINT) + 1 AS session_number, is_activity AS activity, CAST(hash(event) % 1000 AS INTEGER) AS price,
            'country ' || hash(person) % {COUNTRIES} AS country FROM arrays""")
        write_base(db, where / "filtered-timeline", Source(relation="person_events"), 1)
        chosen = "e.person, a.place, kind_id AS code, price, country"
        db.execute(f"COPY (SELECT {chosen} FROM person_events AS e POSITIONAL JOIN arrays AS a) TO '{parquet}'")
    session = Session(str(where / "chdb"))
    session.query("CREATE DATABASE IF NOT EXISTS d ENGINE = Atomic")
    named = "person UInt32, place UInt64, code UInt16, price Int32, country LowCardinality(String)"
    session.query(f"CREATE OR REPLACE TABLE d.filtered ({named}) ENGINE = MergeTree ORDER BY (person, place)")
    session.query(f"INSERT INTO d.filtered SELECT * FROM file('{parquet}', Parquet) SETTINGS max_threads = 2")
    session.query("OPTIMIZE TABLE d.filtered FINAL")
    parquet.unlink()
    (where / "filtered.part").rename(where / "filtered.duckdb")


def texts(steps: tuple[int, ...], window: int) -> dict[str, str]:
    """ClickHouse's forms."""
    filtered = [f"code = {n}" + (f" AND {PRICES[i]}" if i < len(PRICES) else "") for i, n in enumerate(steps)]
    levels = ", ".join(f"countIf(l >= {n + 1})" for n in range(len(steps)))
    some, named = " OR ".join(f"({step})" for step in filtered), f"code IN ({', '.join(map(str, steps))})"

    def asked(where: str) -> str:
        inner = f"SELECT any(country) AS c, windowFunnel({window})(place, {', '.join(filtered)}) AS l FROM d.filtered {where} GROUP BY person"
        return f"SELECT c, {levels} FROM ({inner}) GROUP BY c ORDER BY c"

    wheres = {"1": f"WHERE {some}", "2": f"WHERE {named}", "3": f"PREWHERE {named} WHERE {some}"}
    return {f"filtered {name}": asked(where) for name, where in wheres.items()}


def clew(where: Path, steps: tuple[int, ...], within: int) -> dict[str, Question]:
    """Asked of the database each time, and with what it said kept, as a project keeps it from the first question after a build on."""
    timeline = open_timeline(where / "filtered-timeline")
    db = duckdb.connect(str(where / "filtered.duckdb"), read_only=True, config={"threads": 2, "memory_limit": "2GB"})
    plain = funnel.Funnel(steps=len(steps), within=within)
    conditions = [Expression(price, (kind,)) for kind, price in zip(steps, PRICES, strict=False)]
    named = match_kinds([() if i < len(PRICES) else [kind] for i, kind in enumerate(steps)], timeline.kinds)
    about = ", ".join(map(str, steps[: len(PRICES)]))
    events = Relation(relation=f"(FROM person_events WHERE (kind_id IN ({about})) IS TRUE)")

    def ask() -> tuple[Match, Codes]:
        """As `clew.analyses.engine` does: its relation, too, has the events of the kinds that are asked about, and all is told by one look."""
        told = look(db, timeline, events, conditions, [Expression("country", steps[:1])])
        return Match(named.by_kind, masks(timeline, dict(enumerate(told.holds)))), told.codes[0]

    kept = functools.cache(ask)
    return {"filtered 1": lambda: _told(timeline, plain, *ask()), "filtered, looked up before": lambda: _told(timeline, plain, *kept())}


def _told(timeline: Timeline, asked: funnel.Funnel, masks: Match, by: Codes) -> list[list[Any]]:
    """A row a country: its name, and how many reached each step. The quantiles of step times of each are found, too."""
    attempts = funnel.reach(timeline.parts, masks, asked)
    code = attempts.gather(by.of, 1)
    order = np.argsort(code.astype(np.uint16), kind="stable")
    edges = np.cumsum([0, *np.bincount(code, minlength=len(by.values))])
    between = attempts.between(timeline.parts, attempts.gather([part.time for part in timeline.parts], 1), order)
    rows = []
    for name, a, b in zip(by.values, edges[:-1], edges[1:], strict=True):
        level = attempts.level[order[a:b]]
        rows.append([name, *(int(np.count_nonzero(level >= step)) for step in range(1, asked.steps + 1))])
        for number, micros in between:
            some = micros[slice(*np.searchsorted(number, (a, b)))]
            _ = [funnel.nearest_rank(some, p) for p in (0.5, 0.9) if len(some)]
    return sorted(rows)
