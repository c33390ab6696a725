"""A full build of the models over a shop's events (own events), beside the fastest query known that finds sessions and nothing else.

    python -m benchmarks.build [EVENTS]          default 10 million; data in ./bench-data or CLEW_BENCH_DATA

Both run on the same DuckDB with two threads, each in a process of its own, in turn, after a warm-up. Target: a build takes at most 10 times as long,
with under 4 GB of memory.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.shop import database
from clew.config import OwnEvents, Settings, Warehouse

EVENTS = 10_000_000
TURNS = 3
LIMIT, MEMORY = 10.0, 4000
BOUND = """CREATE OR REPLACE TEMP TABLE s AS
WITH g AS (SELECT uid, ts, lag(ts) OVER w AS p, lead(ts) OVER w AS nx, row_number() OVER w AS rn FROM ev WINDOW w AS (PARTITION BY uid ORDER BY ts)),
b AS (SELECT uid, ts, rn, (p IS NULL OR ts - p > INTERVAL 30 MINUTE) AS st, (nx IS NULL OR nx - ts > INTERVAL 30 MINUTE) AS en FROM g WHERE st OR en),
c AS (
  SELECT uid, ts AS s, CASE WHEN en THEN ts ELSE lead(ts) OVER w END AS e, CASE WHEN en THEN 1 ELSE lead(rn) OVER w - rn + 1 END AS c, st
  FROM b WINDOW w AS (PARTITION BY uid ORDER BY ts)
)
SELECT uid, s, e, c FROM c WHERE st"""
"""`duck_tab:bound`: sessions from boundary rows only, on integer ids that need no stitching."""


class Turn(NamedTuple):
    """One measurement: seconds, how many sessions, and peak memory of the process in MB."""

    seconds: float
    sessions: int
    memory: int


def main() -> int:
    events = int(float(sys.argv[1])) if len(sys.argv) > 1 else EVENTS
    path = database(events)
    peer, ours = [], []
    for _ in range(TURNS):
        peer.append(_apart("peer", path))
        ours.append(_apart("ours", path))
    fastest, build = statistics.median(t.seconds for t in peer), statistics.median(t.seconds for t in ours)
    memory = max(t.memory for t in ours)
    ratio = statistics.median(o.seconds / p.seconds for o, p in zip(ours, peer, strict=True))
    print(f"{events:,} events, DuckDB {duckdb.__version__}, 2 threads, median of {TURNS} turns")
    print(f"sessions only (duck_tab:bound): {fastest:.2f} s, {peer[0].sessions:,} sessions of raw ids")
    print(f"full build: {build:.2f} s, {ours[0].sessions:,} sessions of people; peak memory {memory} MB (limit {MEMORY})")
    print(f"ratio: {ratio:.2f} (limit {LIMIT})")
    return int(ratio > LIMIT or memory > MEMORY)


def _apart(what: str, path: Path) -> Turn:
    answer = subprocess.run([sys.executable, "-m", "benchmarks.build", what, str(path)], capture_output=True, text=True, check=True)
    return Turn(**json.loads(answer.stdout))


def _peer(path: Path) -> Turn:
    with duckdb.connect(str(path), read_only=True, config={"threads": 2, "preserve_insertion_order": False}) as db:
        taken = []
        for _ in range(4):
            began = time.perf_counter()
            db.execute(BOUND)
            taken.append(time.perf_counter() - began)
        row = db.execute("SELECT count(*) FROM s").fetchone()
    return Turn(statistics.median(taken[1:]), row[0] if row else 0, _peak())


def _ours(path: Path) -> Turn:
    from clew.models import build
    from clew.warehouse import Warehouse as Opened

    columns = {"time": "ts", "event": "event", "user_id": "user_id", "anonymous_id": "anonymous_id", "message_id": "message_id", "url": "url"}
    settings = Settings(events=OwnEvents(table="ev", database=str(path.resolve()), **columns), warehouse=Warehouse(threads=2, memory="3GB"))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, Opened.open(Path(folder), settings) as warehouse:
        results = [build(warehouse, settings, Path(folder)) for _ in range(2)]
        sessions = next(r.rows for r in results[-1].rows if r.table == "sessions")
    return Turn(results[-1].seconds, sessions, _peak())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


if __name__ == "__main__":
    if sys.argv[1:2] in (["peer"], ["ours"]):
        turn = {"peer": _peer, "ours": _ours}[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps(turn._asdict()))
    else:
        sys.exit(main())
