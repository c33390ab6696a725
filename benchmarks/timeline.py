"""A timeline on disk: made of everybody, brought up to date for a hundredth of the people, compacted, opened, and asked with properties.

    python -m benchmarks.timeline [EVENTS]       default 10 million; data of benchmarks.sequences in ./bench-data or CLEW_BENCH_DATA

The warehouse's table is made from the same events, sorted by person as a build leaves it, with a text and a number for each event. Memory is the
process's own peak, with DuckDB limited to 2 GB.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.sequences import COLUMNS, EVENTS, STEPS, WITHIN, folder, generate
from clew.timelines import blocks, funnel
from clew.timelines.columns import match_kinds
from clew.timelines.predicates import Expression, Relation, look
from clew.timelines.store import Source, open_timeline, write_base, write_overlay

CATEGORIES = 20


def table(where: Path) -> duckdb.DuckDBPyConnection:
    """`person_events` and `raw`, in one file; made if it is not there."""
    path = where / "timeline.duckdb"
    fresh = not path.exists()
    connection = duckdb.connect(str(path), config={"threads": 2, "memory_limit": "2GB", "temp_directory": str(where / "spill")})
    if fresh:
        columns = {name: np.load(where / f"{name}.npy", mmap_mode="r") for name in COLUMNS}
        events = {name: np.asarray(columns[name]) for name in ("time", "kind", "is_activity", "session")}
        events |= {"person": np.repeat(columns["person"], np.diff(columns["start"])).astype(np.int32), "event": np.arange(len(columns["time"]))}
        connection.register("arrays", events)
        connection.execute("""CREATE TABLE person_events AS SELECT person, make_timestamp(time) AS model_time, event AS event_number,
            kind AS kind_id, CAST(session AS BIGINT) + 1 AS session_number, is_activity AS activity FROM arrays""")
        connection.execute(f"""CREATE TABLE raw AS SELECT event AS event_number, kind,
            'category ' || hash(event) % {CATEGORIES} AS category, CAST(hash(event + 1) % 1000 AS INTEGER) AS price FROM arrays""")
        connection.execute("CHECKPOINT")
        connection.unregister("arrays")
    return connection


def timed(what: str, work: Callable[[], Any], turns: int = 1) -> Any:
    taken = []
    for _ in range(turns):
        began = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - began)
    print(f"{what}: {sorted(taken)[turns // 2]:.3f} s", flush=True)
    return found


def main() -> int:
    size = int(float(sys.argv[1])) if len(sys.argv) > 1 else EVENTS
    where = folder(size)
    if not (where / "session.npy").exists():
        generate(size, where)
    db, source, one = table(where), Source(relation="person_events"), Relation(relation=f"(FROM raw WHERE kind = {STEPS[0]})")
    blocks.keep_compiled(where.parent / "kernels")
    people = np.load(where / "person.npy")
    with tempfile.TemporaryDirectory(dir=where) as folder_name:
        root = Path(folder_name)
        print(f"{size:,} events, {len(people):,} people")
        timed("base", lambda: write_base(db, root, source, 1))
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
        some = np.random.default_rng(7).choice(people, len(people) // 100, replace=False)
        timed("overlay of a hundredth of the people", lambda: write_overlay(db, root, source, 2, some, since=1))
        timed("compaction", lambda: write_overlay(db, root, source, 3, some[:10], since=2, compact_at=0))
        timed("overlay of 100 people", lambda: write_overlay(db, root, source, 4, some[:100], since=3))
        timeline = timed("open", lambda: open_timeline(root), 5)
        asked = funnel.Funnel(steps=len(STEPS), within=WITHIN)
        timed("funnel, names alone", lambda: funnel.count(timeline.parts, match_kinds([[n] for n in STEPS], timeline.kinds), asked), 5)
        conditions = [Expression("price < 700", STEPS[:1]), Expression("price > 500", STEPS[1:2])]
        two = Relation(relation=f"(FROM raw WHERE (kind IN ({STEPS[0]}, {STEPS[1]})) IS TRUE)")
        timed("conditions on properties of two of its steps", lambda: look(db, timeline, two, conditions), 5)
        timed("a breakdown, of the first step's events", lambda: look(db, timeline, one, [], [Expression("category")]), 5)
        timed("all of these", lambda: look(db, timeline, two, conditions, [Expression("category", STEPS[:1])]), 5)
    shutil.rmtree(where / "spill", ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
