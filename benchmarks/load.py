"""Log to warehouse, beside DuckDB's `read_json` of the same file into one flat table. `python -m benchmarks.load [RECORDS]`.

The log: track calls of about a kilobyte, 200 event names, 5 to 15 properties of seven sorts each, one in ten of them missing. Both sides: the
same process and file, 2 threads, from the file to a database on disk with all committed and checkpointed. The loader also checks checksums and
repeats and keeps the raw message; `read_json` is given its columns and keeps nested JSON as text. The compiled pass over lines is in the compiler's
cache, as after the first large load of an installation; loading the compiler counts. Printed: records a second (wall), seconds of
CPU, and the ratio.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from clew.config import Paths, Settings, Warehouse
from clew.eventlog import seal
from clew.messages import Stamp
from clew.warehouse import Warehouse as Database
from clew.warehouse.loading.load import Loader

EVENTS = 200
SORTS = ("whole", "fraction", "text", "flag", "time", "list", "object")
COMMON = ("price", "currency", "sku", "category", "quantity", "coupon", "plan")
COMPILE = "from clew.warehouse.loading.lines import Lines; from clew.warehouse.loading.scan.plain import Scanner; Scanner().read(Lines([b'{}']))"
START = 1_795_400_000_000_000
AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
PAGE = {"path": "/product/path", "referrer": "https://www.google.com/", "search": "?utm_source=x&utm_medium=cpc", "title": "Product"}
CONTEXT = {
    "ip": "10.1.2.3",
    "library": {"name": "analytics.js", "version": "2.11.1"},
    "locale": "en-US",
    "page": PAGE | {"url": "https://www.example.com/product/path?utm_source=x"},
    "userAgent": AGENT,
    "timezone": "Europe/Amsterdam",
    "campaign": {"source": "x", "medium": "cpc"},
    "screen": {"width": 1440, "height": 900},
}


def main(records: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        log = Paths(root).log
        log.mkdir()
        write_log(log, records)
        subprocess.run([sys.executable, "-c", COMPILE], check=True)
        chunks = sorted(log.glob("*.ndjson"))
        print(f"{records:,} records, {sum(path.stat().st_size for path in chunks) / records:.0f} bytes each, {EVENTS} event names")
        flat = measured("read_json, one flat table", records, lambda: read_json(root, chunks))
        ours = measured("clew, Segment's schema", records, lambda: load(root))
        print(f"ratio: {flat.wall / ours.wall:.2f} (wall), {flat.cpu / ours.cpu:.2f} (CPU); target 0.3")


class Took(msgspec.Struct, frozen=True):
    wall: float
    cpu: float


def measured(name: str, records: int, run: Callable[[], None]) -> Took:
    began, cpu = time.perf_counter(), cpu_seconds()
    run()
    took = Took(time.perf_counter() - began, cpu_seconds() - cpu)
    print(f"{name}: {records / took.wall:,.0f} records/s, {took.wall:.1f} s, {took.cpu:.1f} s of CPU", flush=True)
    return took


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_json(root: Path, chunks: list[Path]) -> None:
    texts = ", ".join(f"{name} VARCHAR" for name in ("type", "messageId", "anonymousId", "userId", "event"))
    columns = dict.fromkeys(("received_at", "timestamp", "sent_at", "batch_index"), "BIGINT")
    columns |= {"source": "VARCHAR", "message": f"STRUCT({texts}, timestamp TIMESTAMP, properties JSON, context JSON)"}
    with duckdb.connect(str(root / "flat.duckdb"), config={"threads": 2}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        rows = f"read_json({[str(path) for path in chunks]}, format = 'newline_delimited', columns = {columns})"
        connection.execute(f"CREATE TABLE flat AS SELECT * EXCLUDE (message), message.* EXCLUDE (timestamp), message.timestamp AS said FROM {rows}")
        connection.execute("CHECKPOINT")


def load(root: Path) -> None:
    settings = Settings(warehouse=Warehouse(threads=2))
    with Database.open(root, settings) as database:
        loader = Loader(database, root, settings)
        while loader.load().records:
            pass
        loader.close()


def write_log(folder: Path, records: int) -> None:
    """Chunks of about 128 MB, as the collector's."""
    chance = random.Random(3)
    plans = [(f"Event {number} Done", plan(chance, number)) for number in range(EVENTS)]
    per_chunk = 110_000
    for chunk, first in enumerate(range(0, records, per_chunk), 1):
        with (folder / f"{chunk:010d}.ndjson").open("wb") as file:
            for number in range(first, min(first + per_chunk, records)):
                file.write(line(chance, number, *chance.choice(plans)))


def plan(chance: random.Random, event: int) -> dict[str, str]:
    names = [f"prop{event}_{place}" if place % 2 else COMMON[place // 2 % len(COMMON)] for place in range(chance.randint(5, 15))]
    return {name: "fraction" if name == "price" else chance.choice(SORTS) for name in names}


def line(chance: random.Random, number: int, event: str, properties: dict[str, str], anonymous_id: str | None = None) -> bytes:
    at = START + number * 400
    message = {
        "type": "track",
        "messageId": f"ajs-{uuid.UUID(int=chance.getrandbits(128))}",
        "anonymousId": anonymous_id or str(uuid.UUID(int=chance.getrandbits(128))),
        "userId": f"user-{chance.randrange(10**6)}" if number % 3 == 0 else None,
        "event": event,
        "timestamp": f"2026-11-23T13:{number % 60:02d}:{number * 7 % 60:02d}.123Z",
        "properties": {name: value(chance, sort) for name, sort in properties.items() if chance.random() < 0.9},
        "context": CONTEXT,
    }
    stamp = Stamp(
        source="web",
        received_at=at,
        batch_index=number % 100,
        type="track",
        message_id=str(message["messageId"]),
        timestamp=at - 1000,
        original_timestamp=at - 1000,
        sent_at=at - 500,
    )
    return seal(stamp, msgspec.json.encode(message))


def value(chance: random.Random, sort: str) -> Any:
    drawn = chance.random()
    values = {"whole": int(drawn * 5000), "fraction": int(drawn * 10000) / 100, "text": f"value {int(drawn * 1000)} of it", "flag": drawn < 0.5}
    values |= {"time": f"2026-11-{int(drawn * 28) + 1:02d}T13:00:00.123Z", "object": {"id": int(drawn * 100), "name": f"n{int(drawn * 77)}"}}
    return values.get(sort, [{"product_id": "p1", "price": 1.5}, {"product_id": "p2", "price": 2}])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
