"""Incremental builds over a shop's events (own events with load numbers), as shares of the full build in the same process.

    python -m benchmarks.increments [EVENTS]     default 10 million; data in ./bench-data or CLEW_BENCH_DATA

After each build its timeline is brought to it, as a project does: that is not counted, but the database has read what it reads.

Three deltas: a thousandth of the events, of a thousandth of the people; the last hour of the set; a device with 100,000 events that gets a log-in.
Target for the first: at most 3% of the full build's time. The others are told with what they touched.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.shop import database
from clew.config import OwnEvents, Settings, Warehouse
from clew.models import BuildResult, build, build_if_needed
from clew.timelines.upkeep import keep
from clew.warehouse import Warehouse as Opened

EVENTS = 10_000_000
LIMIT = 0.03
COLUMNS = {"time": "ts", "event": "event", "user_id": "user_id", "anonymous_id": "anonymous_id", "message_id": "message_id", "url": "url"}
DEVICE = "a kiosk"
_COPY = """INSERT INTO shop.ev BY NAME
SELECT * REPLACE (ts + INTERVAL 1 SECOND AS ts, message_id + 1000000000000 AS message_id), {load} AS load FROM own.ev"""


def main() -> int:
    events = int(float(sys.argv[1])) if len(sys.argv) > 1 else EVENTS
    path = database(events)
    base = Settings(events=OwnEvents(table="ev", database=str(path.resolve()), **COLUMNS), warehouse=Warehouse(threads=2, memory="3GB"))
    rules = Settings(events=OwnEvents(table="shop.ev", load_id="load", **COLUMNS), warehouse=base.warehouse)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, Opened.open(Path(folder), base) as warehouse:
        cursor = warehouse.cursor()
        row = cursor.execute("SELECT max(ts) FROM own.ev").fetchone()
        last = row[0] if row else None
        cursor.execute(
            f"""CREATE SCHEMA shop;
            CREATE TABLE shop.ev AS SELECT *, CAST(1 AS BIGINT) AS load FROM own.ev WHERE ts < TIMESTAMP '{last}' - INTERVAL 1 HOUR"""
        )
        cursor.execute(
            f"""INSERT INTO shop.ev BY NAME
            SELECT * REPLACE ('{DEVICE}' AS anonymous_id, NULL AS user_id, -1 - message_id AS message_id), 1 AS load FROM own.ev LIMIT 100000"""
        )
        full = build(warehouse, rules, Path(folder))
        keep(cursor, rules, Path(folder), full)
        print(f"{events:,} events: full build {full.seconds:.2f} s, {full.events:,} events")
        share = 0.0
        deltas = {
            "0.1% of events, of 0.1% of people": _COPY.format(load=2) + f" WHERE uid % 1000 = 7 LIMIT {events // 1000}",
            "the last hour": f"INSERT INTO shop.ev BY NAME SELECT *, 3 AS load FROM own.ev WHERE ts >= TIMESTAMP '{last}' - INTERVAL 1 HOUR",
            "a log-in on a device with 100,000 events": f"""INSERT INTO shop.ev BY NAME
                SELECT * REPLACE ('{DEVICE}' AS anonymous_id, 'its owner' AS user_id, -1000000000000 AS message_id), 4 AS load FROM own.ev LIMIT 1""",
        }
        for what, delta in deltas.items():
            cursor.execute(delta)
            result, _ = build_if_needed(warehouse, rules, Path(folder))
            keep(cursor, rules, Path(folder), result)
            _say(what, result, full)
            share = share or result.seconds / full.seconds
    print(f"limit of the first: {LIMIT:.0%}")
    return int(share > LIMIT)


def _say(what: str, result: BuildResult, full: BuildResult) -> None:
    touched = f"{result.people:,} people, {result.events:,} events"
    print(f"{what}: {result.seconds:.2f} s, {result.seconds / full.seconds:.1%} of the full build; {touched}{', FULL' if result.is_full else ''}")


if __name__ == "__main__":
    sys.exit(main())
