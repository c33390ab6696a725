"""Who answers: kernels, where the timeline is of the build that is served and the question is one that they do; else the report's SQL."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec

from clew import clock
from clew.analyses.engine import activity, funnel, paths, retention, trends
from clew.analyses.engine.asking import Asking, Outside, number
from clew.analyses.engine.held import Held
from clew.analyses.registry import Question, with_build
from clew.analyses.told import By, Told, Verdict
from clew.config import Paths, Settings
from clew.errors import QueryError, TimelineError
from clew.models import BuildResult, current_build
from clew.timelines.blocks import is_compiled, keep_compiled
from clew.timelines.store import open_timeline
from clew.warehouse import own_events
from clew.warehouse.export import encode
from clew.warehouse.query import Cursors, answering, described, read_only

_TURNS = 3
_ROWS: dict[str, Callable[[Asking, Any], list[dict[str, Any]]]] = {
    "trends": trends.rows,
    "funnel": funnel.rows,
    "paths": paths.rows,
    "retention": retention.rows,
    "lifecycle": activity.lifecycle,
    "stickiness": activity.stickiness,
}


class Found(NamedTuple):
    build: BuildResult
    held: Held


class Engine:
    """Answers reports over one project's database. One a process; threads may share it."""

    def __init__(self, database: Cursors, settings: Callable[[], Settings], root: Path, *, from_events: int = 0) -> None:
        """`from_events`: events of a timeline from which it is worth to load kernels, for a process that answers once."""
        self._from_events = from_events
        self._database = database
        self._settings = settings
        self._root = root
        self._lock = threading.Lock()
        self._found: Found | None = None
        self._distrusted: set[str] = set()
        keep_compiled(Paths(root).kernels)

    def tell(self, asked: Question, *, seconds: float, most: int | None = None, by: By | None = None) -> Told:
        """The first `most` rows. `by`: one engine alone; by default whichever can. Raises QueryError, also where kernels alone cannot."""
        if by != "sql" and (told := self._by_kernel(asked, seconds, most, by is not None)) is not None:
            return told
        if by == "kernel":
            raise QueryError(f"report {asked.report}: expected a question that the timeline can answer, found one that it cannot: ask by SQL")
        return self._by_sql(asked, seconds, most)

    def verify(self, asked: Question, *, seconds: float, most: int | None = None) -> Verdict:
        """Both answers, of one build. Raises QueryError."""
        for _ in range(_TURNS):
            before = self._newest()
            kernel = self._by_kernel(asked, seconds, most, True)
            sql = self._by_sql(asked, seconds, most)
            if before == self._newest():
                break
        else:
            raise QueryError("builds came between the two answers: ask again")
        verdict = Verdict(report=asked.report, params=asked.params, kernel=kernel, sql=sql)
        if verdict.agrees is False:
            # The SQL is the definition: in this process it alone is asked from now on.
            self._distrusted.add(asked.report)
        return verdict

    def names(self, cursor: duckdb.DuckDBPyConnection, first: dt.date, last: dt.date) -> list[tuple[str, int]] | None:
        """Events of the days of UTC from `first` to before `last`, by name, the most frequent first; None where there is no timeline to ask."""
        held = self.held(cursor) if is_compiled() else None
        if held is None:
            return None
        counts: Counter[str] = Counter()
        for kind, times in enumerate(held.days().between(number(first), number(last)).tolist()):
            name = held.kinds[kind].event if times else None
            if name is not None:
                counts[name] += times
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def prepare(self) -> None:
        """After a build, before somebody asks: find out what questions about its timeline have in common."""
        if is_compiled():
            with self._database.cursor() as cursor:
                held = self.held(cursor)
            if held is not None:
                held.sessions()
                held.days()
                held.activity()

    def _newest(self) -> int:
        with self._database.cursor() as cursor:
            build = current_build(cursor)
        return build.build_id if build else 0

    def held(self, cursor: duckdb.DuckDBPyConnection) -> Held | None:
        """The timeline, if there is one of the build that the cursor's transaction sees."""
        build = current_build(cursor)
        if build is None or not self._settings().timelines.keep:
            return None
        with self._lock:
            if self._found is None or self._found.build.build_id != build.build_id:
                self._found = self._open(cursor, build)
            return self._found.held if self._found else None

    def _open(self, cursor: duckdb.DuckDBPyConnection, build: BuildResult) -> Found | None:
        try:
            timeline = open_timeline(Paths(self._root).timeline)
        except TimelineError:
            return None
        if timeline.build != build.build_id:
            return None
        return Found(build, Held(cursor, timeline, build.schema, own_events.configured(self._settings())))

    def _by_kernel(self, asked: Question, seconds: float, most: int | None, must: bool) -> Told | None:
        if asked.report not in _ROWS or asked.asked is None or asked.is_list or not (must or self._may(asked)):
            return None
        began = time.perf_counter()
        with read_only(self._database, seconds) as cursor:
            held = self.held(cursor)
            as_of = self._found.build.data_as_of if held and self._found else None
            if held is None or as_of is None or not (must or held.events >= self._from_events):
                return None
            try:
                rows = _ROWS[asked.report](Asking(cursor, held, self._settings(), as_of, most), asked.asked)
            except Outside:
                return None
        told = msgspec.json.decode(encode(rows[:most]))
        return Told(data_as_of=_said(as_of), rows=told, engine="kernel", seconds=time.perf_counter() - began)

    def _may(self, asked: Question) -> bool:
        return asked.report not in self._distrusted and is_compiled()

    def _by_sql(self, asked: Question, seconds: float, most: int | None) -> Told:
        began = time.perf_counter()
        try:
            with answering(self._database, with_build(asked.sql, most), seconds) as cursor:
                names, _ = described(cursor)
                (row,) = (dict(zip(names, values, strict=True)) for values in cursor.fetchall())
        except QueryError as error:
            if "does not exist" in str(error) and ("mapped_tracks" in str(error) or "name builds" in str(error)):
                raise QueryError("expected a build, found none: run `clew build`") from error
            raise
        found = msgspec.json.decode(encode(row))
        return Told(data_as_of=found["data_as_of"], rows=found["rows"] or [], engine="sql", seconds=time.perf_counter() - began)


def _said(micros: int) -> str:
    """As JSON has a time of the database."""
    text = clock.iso(micros).removesuffix("Z").removesuffix(".000000")
    return f"{text}Z"
