"""A project of ten million events, explored: what each change of a question takes on the server, by kernels and by SQL.

    python -m benchmarks.explore [EVENTS] [--sql]    default 10 million; the events of benchmarks.shop, in ./bench-data or CLEW_BENCH_DATA

The project's full build and its timeline are timed in the same process. Then every question is asked once in a new process, each of them different,
as somebody asks who looks around. With --sql each is asked by SQL too, and compared. Targets: each answer in less than 200 ms; a
timeline in 0.3 of its build.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.shop import database
from clew.analyses.engine import Engine
from clew.analyses.registry import question
from clew.config import OwnEvents, Settings, Warehouse
from clew.models import build
from clew.timelines.upkeep import compile_all, keep, load
from clew.warehouse import Warehouse as Opened

EVENTS = 10_000_000
LIMIT, SHARE = 0.2, 0.3
COLUMNS = {"time": "ts", "event": "event", "user_id": "user_id", "anonymous_id": "anonymous_id", "message_id": "message_id", "url": "url"}
STEPS = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"]
ALL = {"from": "2026-08-01", "to": "2026-10-29"}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("trends", {}),
    ("trends", {"event": ["Order Completed"]}),
    ("trends", {"event": ["Order Completed"], "measure": "people", **ALL}),
    ("trends", {"measure": "people", "interval": "week", **ALL}),
    ("trends", {"measure": "sessions", **ALL}),
    ("trends", {"interval": "hour", "compare": True}),
    ("trends", {"event": ["Order Completed"], "divided_by": ["Checkout Started"], **ALL}),
    ("trends", {"by": "@type", **ALL}),
    ("funnel", {"step": STEPS[:1]}),
    ("funnel", {"step": STEPS[:2]}),
    ("funnel", {"step": STEPS, **ALL}),
    ("funnel", {"step": STEPS, "within": "1d", **ALL}),
    ("funnel", {"step": STEPS, "order": "strict", **ALL}),
    ("funnel", {"step": STEPS, "order": "consecutive", **ALL}),
    ("funnel", {"step": STEPS, "order": "any", **ALL}),
    ("funnel", {"step": STEPS, "exclude": ["Product Removed@2-3"], **ALL}),
    ("funnel", {"step": STEPS, "unit": "session", **ALL}),
    ("funnel", {"step": STEPS, "scope": "session", **ALL}),
    ("funnel", {"step": STEPS, "by": "@type", **ALL}),
    ("funnel", {"step": STEPS, "by_day": True}),
    ("funnel", {"step": STEPS, "by_day": True, **ALL}),
    ("retention", {}),
    ("retention", ALL),
    ("retention", {"interval": "day", "periods": 30, **ALL}),
    ("retention", {"cohort": ["Signed Up"], "returning": ["Order Completed"], **ALL}),
    ("retention", {"index": "elapsed", "count": "unbounded", **ALL}),
    ("paths", {}),
    ("paths", ALL),
    ("paths", {"show": "links", **ALL}),
    ("paths", {"anchor": "Product Added", "direction": "backward", **ALL}),
    ("paths", {"goal": ["Order Completed"], "show": "steps", **ALL}),
    ("paths", {"scope": "history", **ALL}),
    ("lifecycle", ALL),
    ("lifecycle", {"interval": "day"}),
    ("lifecycle", {"interval": "month", "unit": "session", **ALL}),
    ("stickiness", {}),
    ("stickiness", {"show": "histogram", **ALL}),
]


def rules(path: Path) -> Settings:
    return Settings(events=OwnEvents(table="ev", database=str(path.resolve()), **COLUMNS), warehouse=Warehouse(threads=2, memory="3GB"))


def main() -> int:
    path = database(int(float(sys.argv[1])) if sys.argv[1:] and sys.argv[1] != "--sql" else EVENTS)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = make(path, Path(folder))
        asking = subprocess.run([sys.executable, "-m", "benchmarks.explore", "asked", str(path), folder, *(a for a in sys.argv[1:] if a == "--sql")])
    return made or asking.returncode


def make(path: Path, root: Path) -> int:
    with Opened.open(root, rules(path)) as warehouse, warehouse.cursor() as cursor:
        result = build(warehouse, rules(path), root)
        kept = keep(cursor, rules(path), root, result)
        Engine(warehouse, lambda: rules(path), root)
    print(f"{result.events:,} events: full build {result.seconds:.2f} s; {kept}, {kept.seconds / result.seconds:.2f} of it (limit {SHARE})")
    began = time.perf_counter()
    compile_all(lambda: False)
    print(f"kernels compiled in {time.perf_counter() - began:.1f} s, once a version", flush=True)
    return int(kept.seconds > SHARE * result.seconds)


def _asked(path: Path, root: Path) -> int:
    slow = 0
    with Opened.open(root, rules(path)) as warehouse:
        engine = Engine(warehouse, lambda: rules(path), root)
        began = time.perf_counter()
        load()
        engine.prepare()
        print(f"ready in a new process after {time.perf_counter() - began:.2f} s")
        for name, params in ASKED:
            asked = question(name, params, rules(path), root)
            worked = time.process_time()
            told = engine.tell(asked, seconds=600, most=10_000)
            worked = time.process_time() - worked
            sql = engine.tell(asked, seconds=600, most=10_000, by="sql") if "--sql" in sys.argv else None
            same = "" if sql is None else f"  SQL {sql.seconds * 1000:7.0f} ms{'' if sql.rows == told.rows else '  DIFFERS'}"
            print(f"{told.seconds * 1000:7.0f} ms (processor {worked * 1000:6.0f}) {told.engine:6}{same}  {name} {params}", flush=True)
            slow += told.seconds > LIMIT
    print(f"{slow} of {len(ASKED)} in more than {LIMIT * 1000:.0f} ms")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(_asked(Path(sys.argv[2]), Path(sys.argv[3])) if sys.argv[1:2] == ["asked"] else main())
