"""Who is one person: from messages with text ids to the mapping of every alias, beside dictionary encoding and scipy's connected components.

    python -m benchmarks.identity [EDGES]        default 5 million; data in ./bench-data or CLEW_BENCH_DATA

A forest of aliases, heavy-tailed, many deeper than five hops; every edge is one message. Both sides begin with the two columns of text and use two
threads. The peer finds which ids hang together and nothing else; Clew also finds who of them is the person, when each id was seen, the edges that are
superseded, shared devices and what is blocked. Target: at most 1.5 times the peer.
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
from typing import NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from clew.config import Identity, OwnEvents, Settings, Warehouse

Integers = npt.NDArray[np.int64]
EDGES = 5_000_000
TURNS = 3
LIMIT = 1.5
MOST = 3001
"""No person has more ids: merge protection, which the peer knows nothing of, holds none back."""


class Turn(NamedTuple):
    """Seconds, and how many people were found."""

    seconds: float
    people: int


def main() -> int:
    edges = int(float(sys.argv[1])) if len(sys.argv) > 1 else EDGES
    path = _database(edges)
    peer, ours = [], []
    for _ in range(TURNS):
        peer.append(_apart("peer", path))
        ours.append(_apart("ours", path))
    ratio = statistics.median(o.seconds / p.seconds for o, p in zip(ours, peer, strict=True))
    print(f"{edges:,} alias edges, median of {TURNS} turns")
    for name, turns in (("dictionary encoding and connected components", peer), ("identity of Clew", ours)):
        print(f"{name}: {statistics.median(t.seconds for t in turns):.2f} s, {turns[0].people:,} people")
    print(f"ratio: {ratio:.2f} (limit {LIMIT})")
    return int(ratio > LIMIT or peer[0].people != ours[0].people)


def _database(edges: int) -> Path:
    path = Path(os.environ.get("CLEW_BENCH_DATA", "bench-data")) / f"aliases-{edges}.duckdb"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        child, parent = _forest(np.random.default_rng(7), edges)
        with duckdb.connect(str(unfinished), config={"threads": 2}) as db:
            db.register("made", {"child": child, "parent": parent, "n": np.arange(len(child))})
            db.execute(
                """CREATE TABLE ev AS SELECT TIMESTAMP '2026-08-01' + to_milliseconds(n * 137) AS ts, 'Signed In' AS event,
                'id-' || child AS anonymous_id, 'id-' || parent AS user_id FROM made"""
            )
        unfinished.rename(path)
    return path


def _forest(random: np.random.Generator, edges: int) -> tuple[Integers, Integers]:
    """(child, parent) of every edge, shuffled. Each person's ids: one root, the others under one that came before."""
    sizes = 1 + np.minimum(1 + (random.pareto(1.5, edges // 2) * 1.2).astype(np.int64), 3000)
    people = int(np.searchsorted(np.cumsum(sizes - 1), edges)) + 1
    sizes = sizes[:people]
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = np.arange(len(start)) - start
    child = np.flatnonzero(place > 0)
    parent = start[child] + (random.random(len(child)) * place[child]).astype(np.int64)
    names, order = random.permutation(len(start)), random.permutation(len(child))[:edges]
    return names[child][order], names[parent][order]


def _apart(what: str, path: Path) -> Turn:
    answer = subprocess.run([sys.executable, "-m", "benchmarks.identity", what, str(path)], capture_output=True, text=True, check=True)
    return Turn(**json.loads(answer.stdout))


def _peer(path: Path) -> Turn:
    import pyarrow as pa
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    with duckdb.connect(str(path), read_only=True, config={"threads": 2}) as db:
        table = db.execute("SELECT anonymous_id, user_id FROM ev").to_arrow_table()
    began = time.perf_counter()
    both = pa.chunked_array([*table.column(0).chunks, *table.column(1).chunks])
    ids = np.concatenate([chunk.indices.to_numpy() for chunk in both.dictionary_encode().chunks])
    child, parent = ids[: len(table)], ids[len(table) :]
    size = int(ids.max()) + 1
    people, _ = connected_components(coo_matrix((np.ones(len(child), np.int8), (child, parent)), shape=(size, size)), directed=False)
    return Turn(time.perf_counter() - began, int(people))


def _ours(path: Path) -> Turn:
    from clew.models import identity, ledger
    from clew.models.frame import Frame, present
    from clew.warehouse import Warehouse as Opened
    from clew.warehouse import own_events

    columns = {"time": "ts", "event": "event", "user_id": "user_id", "anonymous_id": "anonymous_id"}
    settings = Settings(
        events=OwnEvents(table="ev", database=str(path.resolve()), **columns),
        warehouse=Warehouse(threads=2, memory="3GB"),
        identity=Identity(max_aliases_per_person=MOST),
    )
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, Opened.open(Path(folder), settings) as warehouse:
        cursor = warehouse.cursor()
        ledger.prepare(cursor)
        own_events.install(cursor, settings, Path(folder))
        cursor.execute("CREATE SCHEMA build_1")
        frame = Frame(cursor, settings, Path(folder), "build_1", None, 1 << 60)
        began = time.perf_counter()
        frame = frame._replace(optional=present(frame))
        identity.collect(frame)
        identity.make(frame)
        seconds = time.perf_counter() - began
        return Turn(seconds, int(frame.one("SELECT count(DISTINCT universal_id) FROM build_1.aliases")))


if __name__ == "__main__":
    if sys.argv[1:2] in (["peer"], ["ours"]):
        turn = {"peer": _peer, "ours": _ours}[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps(turn._asdict()))
    else:
        sys.exit(main())
