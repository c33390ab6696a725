"""The first answer of a new process, from a project of ten million events with kernels compiled before, beside ClickHouse (chdb) doing the same.

    pip install -e '.[bench]'
    python -m benchmarks.first [EVENTS]      default 10 million; the events of benchmarks.shop, in ./bench-data or CLEW_BENCH_DATA

Weekly retention of everybody: from the start of the process to its end, `clew report` beside a script of a few lines that opens a MergeTree table
with a person and a time, sorted by them. Two threads, files in the page cache, in turn, the median of nine; the answers are the same.
Target: no slower.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.explore import EVENTS, database, make
from clew.clock import DAY
from clew.config import Paths
from clew.timelines.store import open_timeline

TURNS = 9
OURS = "from clew.cli import main; main()"
Cells = list[list[int]]


def project(path: Path, root: Path) -> None:
    make(path, root)
    columns = {"time": "ts", **{name: name for name in ("event", "user_id", "anonymous_id", "message_id", "url")}}
    events = "\n".join(f'{name} = "{column}"' for name, column in columns.items())
    text = f'[events]\ntable = "ev"\ndatabase = "{path.resolve()}"\n{events}\n[warehouse]\nthreads = 2\nmemory = "3GB"\n'
    (root / "clew.toml").write_text(text, "utf-8")


def load_clickhouse(root: Path, where: Path) -> int:
    """The same events. Returns the first week, counted since 1970."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from chdb.session import Session

    (part,) = open_timeline(Paths(root).timeline).parts
    person = np.repeat(part.person, np.diff(part.start))
    known = person > 0
    file = where.parent / "events.parquet"
    pq.write_table(pa.table({"person": person[known].astype(np.uint32), "time": np.asarray(part.time)[known]}), file)
    session = Session(str(where))
    session.query("CREATE DATABASE d ENGINE = Atomic")
    session.query("CREATE TABLE d.ev (person UInt32, time Int64) ENGINE = MergeTree ORDER BY (person, time)")
    session.query(f"INSERT INTO d.ev SELECT person, time FROM file('{file.resolve()}', Parquet) SETTINGS max_threads = 2")
    session.query("OPTIMIZE TABLE d.ev FINAL")
    return int((part.time[part.start[:-1][part.person > 0]].min() + 3 * DAY) // (7 * DAY))


def script(where: Path, lowest: int) -> str:
    """What somebody writes who has the table."""
    week = f"intDiv(time + {3 * DAY}, {7 * DAY}) - {lowest}"
    query = f"""SELECT first, w - first AS n, sum(units) FROM (
        SELECT first, weeks, count() AS units
        FROM (SELECT person, groupBitOr(bitShiftLeft(toUInt32(1), {week})) AS weeks, min({week}) AS first FROM d.ev GROUP BY person)
        GROUP BY first, weeks
      ) ARRAY JOIN range(32) AS w WHERE bitAnd(bitShiftRight(weeks, w), 1) = 1 AND n <= 12 GROUP BY first, n ORDER BY first, n
      SETTINGS max_threads = 2, optimize_aggregation_in_order = 1"""
    return f"from chdb.session import Session\nprint(Session({str(where)!r}).query({query!r}, 'JSONCompactEachRow'))"


def their_cells(out: str) -> Cells:
    return [[int(n) for n in json.loads(line)] for line in out.splitlines() if line.strip()]


def our_cells(out: str) -> Cells:
    rows: list[dict[str, Any]] = [row for row in json.loads(out)["rows"] if row["cohort"] and row["active"]]
    cohorts = sorted({row["cohort"] for row in rows})
    return sorted([cohorts.index(row["cohort"]), row["first_index"], row["active"]] for row in rows)


def timed(command: list[str], modules: Path) -> tuple[float, str]:
    """`modules`: where Python keeps compiled modules, as it does for whatever is installed."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPYCACHEPREFIX": str(modules)}
    began = time.perf_counter()
    found = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True, env=env)
    return time.perf_counter() - began, found.stdout


def main() -> int:
    path = database(int(float(sys.argv[1])) if sys.argv[1:] else EVENTS)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        root, where = Path(folder, "project"), Path(folder, "chdb")
        root.mkdir()
        project(path, root)
        theirs = script(where, load_clickhouse(root, where))
        asked = ["report", "retention", "--project", str(root), "--format", "json", "--from", "2026-08-01", "--to", "2026-10-31"]
        commands = {"ClickHouse": ["-c", theirs], "Clew": ["-c", OURS, *asked]}
        turns = [{name: timed(command, Path(folder, "modules")) for name, command in commands.items()} for _ in range(TURNS + 1)][1:]
    assert their_cells(turns[0]["ClickHouse"][1]) == our_cells(turns[0]["Clew"][1]), "answers differ"
    their, our = (statistics.median(turn[name][0] for turn in turns) for name in commands)
    print(f"first answer of a new process: ClickHouse {their:.2f} s, Clew {our:.2f} s: {our / their:.2f} times (limit 1)")
    return int(our > their)


if __name__ == "__main__":
    sys.exit(main())
