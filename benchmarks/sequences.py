"""Questions about sequences of events over a timeline, beside ClickHouse (chdb) over a MergeTree table sorted by person and time.

    pip install -e '.[bench]'
    python -m benchmarks.sequences [EVENTS]      default 10 million; data in ./bench-data or CLEW_BENCH_DATA

500 event names, a twentieth of the events at the time of the one before, zone Europe/Amsterdam. Both have two threads, their files in the page
cache, and no cached results; each is measured in processes of its own, in turn, after a warm-up, and must give the same answers. The least of all
turns counts, for both; beside its ratio stands that of the least processor time, which other work on the machine disturbs less. ClickHouse gets its
fastest form that we know. Clew's funnel finds every unit's attempt and the quantiles of step times, where ClickHouse's counts levels. `floor`:
numpy's sum of the same columns. At last each of Clew's questions is asked by a process of its own, for the memory that it takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import filtered, memory
from clew.clock import DAY, HOUR, MINUTE, parse_time
from clew.timelines.columns import Part, match_kinds, part

EVENTS, ROUNDS, TURNS = 10_000_000, 3, 3
TARGETS = {"funnel": (5, 3), "filtered": (2, 2), "resession": (5, 3), "retention": (4, 3), "paths": (15, 8)}
FLOOR, NO_FLOOR = 6, ("filtered", "paths")
ZONE = "Europe/Amsterdam"
STEPS = (1, 5, 8, 12)
WITHIN, TIMEOUT, DEPTH = 7 * DAY, 20 * MINUTE, 5
BEGIN, CHANGE, FIRST_WEEK = (parse_time(day) or 0 for day in ("2026-08-01", "2026-10-25T01:00", "2026-07-26T22:00"))
COLUMNS = ("start", "person", "time", "kind", "is_activity", "session")
READ = {
    "funnel": ("start", "time", "kind"),
    "filtered": ("start", "time", "kind"),
    "resession": ("start", "time", "is_activity"),
    "retention": ("start", "time", "is_activity"),
    "paths": ("start", "session", "kind"),
}
NAMES = [f"Event {n:03}" for n in range(500)]
Question = Callable[[], Any]


class Measured(NamedTuple):
    """Seconds, seconds of all processors, and the answer."""

    wall: float
    processor: float
    answer: Any


def folder(events: int) -> Path:
    return Path(os.environ.get("CLEW_BENCH_DATA", "bench-data")) / f"sequences-{events}"


def generate(events: int, where: Path) -> None:
    """People with heavy-tailed numbers of sessions over 90 days, as columns sorted by person and order."""
    rng = np.random.default_rng(42)
    sessions = np.minimum(1 + (rng.pareto(1.35, events // 50) * 1.9).astype(np.int64), 4000)
    person = np.repeat(np.arange(len(sessions)), sessions)
    while (lengths := 1 + rng.negative_binomial(0.9, 0.9 / 7.9, len(person))).sum() < events:
        person = np.concatenate([person, rng.choice(person, len(person) // 10)])
    person.sort()
    kept = np.sort(rng.permutation(len(person))[: int(len(person) * events / lengths.sum())])
    person, lengths = person[kept], lengths[kept]
    begin = BEGIN + rng.integers(0, 90 * 24, len(person)) * HOUR + rng.integers(0, HOUR, len(person))
    size = int(lengths.sum())
    gaps = rng.exponential(45e6, size).astype(np.int64) + 1
    gaps[rng.random(size) < 0.05] = 0
    first = np.cumsum(lengths) - lengths
    gaps[first] = 0
    elapsed = np.cumsum(gaps)
    moment, owner = np.repeat(begin, lengths) + elapsed - np.repeat(elapsed[first], lengths), np.repeat(person, lengths)
    order = np.lexsort((moment, owner))
    moment, owner = moment[order], owner[order]
    fresh = np.diff(owner, prepend=-1) != 0
    opens = fresh | (np.diff(moment, prepend=0) > 30 * MINUTE)
    weights = 1 / np.arange(1, len(NAMES) + 1) ** 0.9
    columns = {
        "start": np.append(np.flatnonzero(fresh), size),
        "person": owner[fresh],
        "time": moment,
        "kind": rng.choice(len(NAMES), size, p=weights / weights.sum()).astype(np.int32),
        "is_activity": np.ones(size, np.bool_),
        "session": (np.cumsum(opens) - 1).astype(np.int32),
    }
    where.mkdir(parents=True, exist_ok=True)
    for name, column in columns.items():
        np.save(where / name, column)


def load_clickhouse(where: Path) -> None:
    """The same events; `place` orders a person's: time in the high bits, then the number among those of one moment, as windowFunnel has no ties."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from chdb.session import Session

    timeline = {name: np.load(where / f"{name}.npy") for name in COLUMNS}
    person = np.repeat(timeline["person"], np.diff(timeline["start"]))
    names = pa.DictionaryArray.from_arrays(pa.array(timeline["kind"]), pa.array(NAMES))
    place = places(timeline)
    table = pa.table(
        {"person": person.astype(np.uint32), "time": timeline["time"], "place": place, "event": names, "code": timeline["kind"].astype(np.uint16)}
    )
    pq.write_table(table, where / "events.parquet")
    session = Session(str(where / "chdb"))
    session.query("CREATE DATABASE IF NOT EXISTS d ENGINE = Atomic")
    columns = "person UInt32, time Int64, place UInt64, event LowCardinality(String), code UInt16"
    session.query(f"CREATE OR REPLACE TABLE d.ev ({columns}) ENGINE = MergeTree ORDER BY (person, place)")
    source = f"file('{(where / 'events.parquet').resolve()}', Parquet)"
    session.query(f"INSERT INTO d.ev SELECT person, time, place, event, code FROM {source} SETTINGS max_threads = 2")
    session.query("OPTIMIZE TABLE d.ev FINAL")
    (where / "events.parquet").unlink()


def places(timeline: dict[str, Any]) -> Any:
    """Where each event stands: time in the high bits, then the number among those of a person and moment."""
    index, person = np.arange(len(timeline["time"])), np.repeat(timeline["person"], np.diff(timeline["start"]))
    fresh = (np.diff(person, prepend=-1) != 0) | (np.diff(timeline["time"], prepend=-1) != 0)
    among = index - np.maximum.accumulate(np.where(fresh, index, 0))
    assert among.max() < 16
    return timeline["time"] * 16 + among


def clickhouse(where: Path) -> dict[str, Question]:
    """Several forms a question (name and number); the fastest counts."""
    from chdb.session import Session

    session = Session(str(where / "chdb"))
    codes = [f"code = {n}" for n in STEPS]
    levels = ", ".join(f"countIf(l >= {n + 1})" for n in range(len(STEPS)))
    local = f"(time + if(time < {CHANGE}, {2 * HOUR}, {HOUR}))"
    week = f"intDiv({local} - {FIRST_WEEK + 2 * HOUR}, {7 * DAY})"
    day = f"intDiv(x[1] + if(x[1] < {CHANGE}, {2 * HOUR}, {HOUR}), {DAY})"
    cuts = "ARRAY JOIN arraySplit((t, gap) -> gap > {gap}, {column}, arrayDifference({times})) AS x"
    window = f"windowFunnel({WITHIN * 16 + 15})(place, {{steps}}) AS l"
    names = [f"event = '{NAMES[n]}'" for n in STEPS]

    def funnel(steps: list[str], rest: str) -> str:
        inner = f"SELECT person, {window.format(steps=', '.join(steps))} FROM d.ev WHERE {' OR '.join(steps)} GROUP BY person {rest}"
        return f"SELECT {levels} FROM ({inner})"

    def sessions(array: str, rest: str) -> str:
        inner = f"SELECT person, {array} AS a FROM d.ev GROUP BY person {rest}"
        return f"""SELECT {day} AS day, count(), countIf(length(x) = 1), sum(x[-1] - x[1])
        FROM ({inner}) {cuts.format(gap=TIMEOUT, column="a", times="a")} GROUP BY day ORDER BY day"""

    def retained(rest: str) -> str:
        return f"""SELECT first, w - first AS n, sum(units) FROM (
          SELECT first, weeks, count() AS units
          FROM (
            SELECT person, groupBitOr(toUInt32(bitShiftLeft(toUInt32(1), {week}))) AS weeks, min({week}) AS first FROM d.ev GROUP BY person {rest}
          )
          GROUP BY first, weeks
        ) ARRAY JOIN range(15) AS w WHERE bitAnd(bitShiftRight(weeks, w), 1) = 1 AND n < 12 GROUP BY first, n ORDER BY first, n"""

    plain = f"""WITH c AS (SELECT person, min({week}) AS first FROM d.ev GROUP BY person)
      SELECT first, {week} - first AS n, uniqExact(person) FROM d.ev JOIN c USING (person) WHERE n < 12 GROUP BY first, n ORDER BY first, n"""

    def sequences(column: str) -> str:
        inner = f"SELECT person, arraySort(groupArray((place, time, {column}))) AS a FROM d.ev GROUP BY person"
        path = "arraySlice(arrayCompact(x), 1, 5)"
        return f"""SELECT p, count() AS n FROM (SELECT {path} AS p FROM ({inner}) {cuts.format(gap=30 * MINUTE, column="a.3", times="a.2")})
        GROUP BY p ORDER BY n DESC, p LIMIT 20"""

    in_order = "SETTINGS optimize_aggregation_in_order = 1"
    texts = {
        "funnel 1": funnel(names, ""),
        "funnel 2": funnel(codes, ""),
        "funnel 3": funnel(codes, in_order),
        "resession 1": sessions("arraySort(groupArray(time))", ""),
        "resession 2": sessions("groupArray(time)", in_order),
        "retention 1": retained(""),
        "retention 2": retained(in_order),
        "retention 3": plain,
        "paths 1": sequences("event"),
        "paths 2": sequences("code"),
        **filtered.texts(STEPS, WITHIN * 16 + 15),
    }

    def asked(text: str) -> Question:
        ask = text if "SETTINGS" not in text else text.replace(in_order, "")
        settings = "SETTINGS max_threads = 2" + (", optimize_aggregation_in_order = 1" if in_order in text else "")
        return lambda: [json.loads(line) for line in str(session.query(f"{ask} {settings}", "JSONCompactEachRow")).splitlines()]

    return {name: asked(text) for name, text in texts.items()}


def clew(where: Path) -> dict[str, Question]:
    from clew.timelines import blocks, calendar, funnel, paths, resession, retention, units

    blocks.keep_compiled(where.parent / "kernels")
    columns: Part = part(**{name: np.load(where / f"{name}.npy", mmap_mode="r") for name in COLUMNS})
    parts, zone = [columns], calendar.zone(ZONE)
    steps = match_kinds([[n] for n in STEPS], len(NAMES))

    def ask_funnel() -> list[list[int]]:
        attempts = funnel.reach(parts, steps, funnel.Funnel(steps=len(STEPS), within=WITHIN))
        for _, micros in attempts.between(parts, attempts.gather([columns.time], 1)):
            _ = funnel.nearest_rank(micros, 0.5), funnel.nearest_rank(micros, 0.9)
        return [attempts.reached().tolist()]

    def count_funnel() -> list[list[int]]:
        return [funnel.count(parts, steps, funnel.Funnel(steps=len(STEPS), within=WITHIN)).tolist()]

    def ask_sessions() -> list[list[int]]:
        return np.stack(resession.resession(parts, TIMEOUT, zone), axis=1).tolist()

    def ask_retention() -> list[list[int]]:
        found = retention.retention(parts, retention.Retention(), zone, CHANGE)
        lowest = found.period[0]
        return [[int(p - lowest), n, int(c)] for p, cells in zip(found.period, found.cells, strict=True) for n, c in enumerate(cells) if c]

    names = paths.Names(NAMES, np.arange(len(NAMES)))

    def by_session() -> list[Part]:
        sessions = units.by_session(columns)
        assert sessions is not None
        return [sessions]

    def ask_paths() -> list[list[Any]]:
        found = paths.walk(by_session(), paths.Paths(depth=DEPTH, keep=len(NAMES)), names).top(20)
        return [[[n for n in p.names if n != "(exit)"], p.units] for p in found]

    def ask_links() -> int:
        return len(paths.walk(by_session(), paths.Paths(depth=DEPTH), names).links())

    return {
        "funnel 1": ask_funnel,
        "funnel counts": count_funnel,
        "resession 1": ask_sessions,
        "retention 1": ask_retention,
        "paths 1": ask_paths,
        **filtered.clew(where, STEPS, WITHIN),
        "links of paths, 20 names a step": ask_links,
    }


def floor(where: Path) -> dict[str, Question]:
    mapped = {name: np.load(where / f"{name}.npy", mmap_mode="r") for name in COLUMNS}
    return {f"{question} 1": lambda names=names: [mapped[name].sum() for name in names] for question, names in READ.items()}


def measure(engine: str, where: Path) -> None:
    for name, question in {"clickhouse": clickhouse, "clew": clew, "floor": floor}[engine](where).items():
        answer, wall, processor = question(), [], []
        for _ in range(TURNS):
            began, used = time.perf_counter(), time.process_time()
            question()
            wall.append(time.perf_counter() - began)
            processor.append(time.process_time() - used)
        print(json.dumps([name, min(wall), min(processor), [] if engine == "floor" else answer]), flush=True)


def apart(engine: str, where: Path) -> dict[str, Measured]:
    answer = subprocess.run([sys.executable, "-m", "benchmarks.sequences", engine, str(where)], capture_output=True, text=True, check=True)
    return {name: Measured(*rest) for name, *rest in map(json.loads, answer.stdout.splitlines())}


def least(rounds: list[dict[str, Measured]]) -> dict[str, Measured]:
    """Of each question, over all rounds."""
    first = rounds[0]
    return {name: Measured(min(r[name].wall for r in rounds), min(r[name].processor for r in rounds), first[name].answer) for name in first}


def comparable(question: str, answer: Any) -> Any:
    """ClickHouse may print whole numbers as text, and codes for names."""
    if question == "paths":
        return sorted(int(row[1]) for row in answer)
    return [[n if str(n).startswith("country") else int(n) for n in row] for row in answer]


def main() -> int:
    events = int(float(sys.argv[1])) if len(sys.argv) > 1 else EVENTS
    where = folder(events)
    if not (where / "session.npy").exists():
        generate(events, where)
    if not (where / "chdb").exists():
        load_clickhouse(where)
    if not (where / "filtered.duckdb").exists():
        columns = {name: np.load(where / f"{name}.npy", mmap_mode="r") for name in COLUMNS}
        filtered.make(where, columns, places(columns))
    engines = ("clickhouse", "clew", "floor")
    rounds = [{engine: apart(engine, where) for engine in engines} for _ in range(ROUNDS)]
    found = {engine: least([each[engine] for each in rounds]) for engine in engines}
    print(f"{len(np.load(where / 'time.npy', mmap_mode='r')):,} events, 2 threads, least of {ROUNDS} times {TURNS} turns, seconds")
    missed = 0
    for question, (aim, accepted) in TARGETS.items():
        theirs = {name: row for name, row in found["clickhouse"].items() if name.split()[0] == question}
        best = min(theirs, key=lambda name: theirs[name].wall)
        ours, bare = found["clew"][f"{question} 1"], found["floor"][f"{question} 1"].wall
        for name, their in theirs.items():
            assert comparable(question, their.answer) == comparable(question, ours.answer), f"{name}: answers differ"
        ratio, above = theirs[best].wall / ours.wall, ours.wall / bare
        used = min(their.processor for their in theirs.values()) / ours.processor
        missed += ratio < aim or (question not in NO_FLOOR and above > FLOOR)
        aims = f"{ratio:.1f} times (aim {aim}, least {accepted}), processor {used:.1f}; {above:.1f} times the floor of {bare:.3f}"
        print(f"{question:10s} ClickHouse {theirs[best].wall:.3f} ({best}), Clew {ours.wall:.3f}: {aims}")
    for name, each in found["clew"].items():
        if not name.endswith(" 1"):
            print(f"{name}: {each.wall:.3f}")
    took = {name: memory.held(where, name) for name in found["clew"]}
    print("memory, GB:", ", ".join(f"{name} {gigabytes:.2f}" for name, gigabytes in took.items()), f"(limit {memory.LIMIT:.0f})")
    return int(missed > 0 or max(took.values()) > memory.LIMIT)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("clickhouse", "clew", "floor"):
        measure(sys.argv[1], Path(sys.argv[2]))
    elif sys.argv[1:2] == ["once"]:
        clew(Path(sys.argv[2]))[sys.argv[3]]()
    else:
        sys.exit(main())
