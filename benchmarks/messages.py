"""A project of messages from a log: funnels and trends with conditions on properties, asked for the first time since a build and again.

    python -m benchmarks.messages [RECORDS]      default 2 million, made once, in ./bench-data or CLEW_BENCH_DATA

The messages of benchmarks.load, 50 a person, 200 event names of which some are far more frequent, each with a price and a flag. Properties are JSON.
Milliseconds: the least of three turns in which nothing is known of the build, and of three in which all is.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load import EVENTS, line, plan
from clew.analyses.engine import Engine
from clew.analyses.registry import question
from clew.config import Paths, Settings, Warehouse
from clew.models import build
from clew.timelines.upkeep import compile_all, keep, load
from clew.warehouse import Warehouse as Database
from clew.warehouse.loading.load import Loader

RECORDS, A_CHUNK, A_PERSON, TURNS = 2_000_000, 110_000, 50, 3
RULES = Settings(warehouse=Warehouse(threads=2, memory="3GB"))
NAMES = [f"Event {n} Done" for n in (1, 5, 8, 12)]
FILTERED = [f"{NAMES[0]}{{price<70}}", f"{NAMES[1]}{{price>50}}", *NAMES[2:]]
ALL = {"from": "2026-11-01", "to": "2026-11-30"}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("funnel", {"step": NAMES}),
    ("funnel", {"step": FILTERED}),
    ("funnel", {"step": FILTERED, "by": "member"}),
    ("trends", {"event": FILTERED[1:2], "by": "member"}),
]


def write_log(folder: Path, records: int) -> None:
    folder.mkdir(parents=True)
    chance, drawn = random.Random(3), np.random.default_rng(3)
    plans = [(f"Event {n} Done", plan(chance, n) | {"price": "fraction", "member": "flag"}) for n in range(EVENTS)]
    weights = 1 / np.arange(1, EVENTS + 1) ** 0.9
    event = drawn.choice(EVENTS, records, p=weights / weights.sum()).tolist()
    person = drawn.integers(0, max(records // A_PERSON, 1), records).tolist()
    for chunk, first in enumerate(range(0, records, A_CHUNK), 1):
        lines = (line(chance, n, *plans[event[n]], f"anonymous-{person[n]}") for n in range(first, min(first + A_CHUNK, records)))
        (folder / f"{chunk:010d}.ndjson").write_bytes(b"".join(lines))


def make(root: Path, records: int) -> None:
    write_log(Paths(root).log, records)
    with Database.open(root, RULES) as database, database.cursor() as cursor:
        loader = Loader(database, root, RULES)
        while loader.load().records:
            pass
        loader.close()
        keep(cursor, RULES, root, build(database, RULES, root))


def ask(database: Database, root: Path, report: str, params: dict[str, Any]) -> tuple[float, float]:
    """Seconds the first time, and again."""
    asked, first, again = question(report, {**params, **ALL}, RULES, root), [], []
    for _ in range(TURNS):
        engine = Engine(database, lambda: RULES, root)
        engine.prepare()
        first.append(engine.tell(asked, seconds=600, most=10_000, by="kernel").seconds)
        again.append(engine.tell(asked, seconds=600, most=10_000, by="kernel").seconds)
    return min(first), min(again)


def main(records: int) -> None:
    root = Path(os.environ.get("CLEW_BENCH_DATA", "bench-data")) / f"messages-{records}"
    if not (root / "warehouse.duckdb").exists():
        make(root, records)
    with Database.open(root, RULES) as database:
        Engine(database, lambda: RULES, root)
        compile_all(lambda: False)
        load()
        for report, params in ASKED:
            first, again = ask(database, root, report, params)
            print(f"{first * 1000:6.0f} ms, again {again * 1000:4.0f}  {report} {params}", flush=True)


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else RECORDS)
