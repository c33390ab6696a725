"""Runs what is asked of the session metrics."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from msgspec import structs
from starlette.concurrency import run_in_threadpool

from clew.analyses import session_metrics as analysis
from clew.analyses.dimensions import Dimension, available
from clew.analyses.session_metrics import Numbers, Over, Row
from clew.web.context import Database
from clew.web.metrics.question import Question
from clew.web.remembered import Remembered

MOST_VALUES = 1000
"""Of a breakdown, the largest: those that a page can sort and list. The CSV has all."""

Trends = dict[str, tuple[Numbers, ...]]


class Answer(NamedTuple):
    """`rows` are the values of the breakdown, the largest first. `seconds` is what the database took."""

    now: Over
    before: Over | None
    rows: tuple[Row, ...]
    seconds: float


class Answers:
    """The session metrics' answers, by question and build."""

    def __init__(self, warehouse: Database, turn: asyncio.Semaphore) -> None:
        self._warehouse = warehouse
        self._overs = Remembered[tuple[Over, float]](turn)
        self._rows = Remembered[tuple[tuple[Row, ...], float]](turn)
        self._trends = Remembered[Trends](turn)
        self._dimensions: tuple[int | None, tuple[Dimension, ...]] = (None, ())

    async def dimensions(self, build_id: int | None) -> tuple[Dimension, ...]:
        """What this build's sessions can be broken down by."""
        if build_id is not None and self._dimensions[0] != build_id:
            self._dimensions = (build_id, await run_in_threadpool(self._available))
        return self._dimensions[1]

    async def get(self, question: Question, seconds: float | None = None, most: int = MOST_VALUES) -> Answer | None:
        """The answer; None when it is not there after about `seconds`."""
        build = question.build_id
        parts = [structs.replace(params, by="") for params in (question.now, question.before) if params]
        overs = [await self._overs.get((params, build), lambda params=params: self._over(params), seconds) for params in parts]  # type: ignore[misc]
        rows = await self._rows.get((question.now, most, build), lambda: self._by_value(question, most), seconds) if question.by else ((), 0.0)
        if rows is None or None in overs:
            return None
        (now, took), *others = [over for over in overs if over is not None]
        before = others[0] if others else (None, 0.0)
        return Answer(now, before[0], rows[0], took + before[1] + rows[1])

    async def trends(self, question: Question, values: tuple[str, ...], *, full: bool, seconds: float | None = None) -> Trends | None:
        """The numbers of some values of the breakdown in each period; without `full` only sessions and bounced ones."""
        if not question.by or not values:
            return {}
        key = (question.now, values, full, question.build_id)
        return await self._trends.get(key, lambda: self._trend(question, values, full), seconds)

    def _available(self) -> tuple[Dimension, ...]:
        with self._warehouse.cursor() as cursor:
            found = cursor.execute("SELECT * FROM main.session_facts LIMIT 0").description or []
        return available({name for name, *_ in found})

    def _over(self, params: analysis.Params) -> tuple[Over, float]:
        began = time.perf_counter()
        with self._warehouse.cursor() as cursor:
            return analysis.over(cursor, params), time.perf_counter() - began

    def _by_value(self, question: Question, most: int) -> tuple[tuple[Row, ...], float]:
        began = time.perf_counter()
        with self._warehouse.cursor() as cursor:
            return analysis.by_value(cursor, question.now, most), time.perf_counter() - began

    def _trend(self, question: Question, values: tuple[str, ...], full: bool) -> Trends:
        with self._warehouse.cursor() as cursor:
            return analysis.trends(cursor, question.now, values, full=full)
