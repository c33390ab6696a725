"""Asks reports for their pages, stopped after `web.query_seconds`."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from clew.analyses.answer import Answer, ask
from clew.analyses.registry import Question
from clew.analyses.told import Told, Verdict
from clew.errors import QueryError
from clew.warehouse.export import write_csv
from clew.warehouse.query import read_only
from clew.web.context import Context
from clew.web.ranges import Range
from clew.web.remembered import Remembered
from clew.web.reports.question import Asked
from clew.web.reports.sample import Sample
from clew.web.reports.seen import Seen, seen

MOST_ROWS = 10_000
"""Of an answer, what a page draws and links. The CSV has all."""
EXPORT_SECONDS = 600.0
"""A file is given longer than a page."""


class Answered(NamedTuple):
    """`answer` is None where the database refused, which `refusal` says. `seconds` is what it took."""

    answer: Answer | None
    refusal: str
    seconds: float


class Answers:
    """The answers of reports, by question and build."""

    def __init__(self, context: Context, turn: asyncio.Semaphore) -> None:
        self._context = context
        self._turn = turn
        self._answers = Remembered[Answered](turn)
        self._seen = Remembered[Seen](turn)
        # The share is read when it is needed: settings change.
        self.sample = Sample(self._verify, lambda: context.settings.timelines.verify_share, turn, lambda: context.status().building)

    async def get(self, asked: Asked, seconds: float | None = None) -> Answered | None:
        """The answer; None when it is not there after `seconds`."""
        if asked.question is None:
            return Answered(None, asked.refusal, 0.0)
        key = (asked.name, asked.question.sql, asked.build_id)
        answered = await self._answers.get(key, lambda: self._ask(asked), seconds)
        self.sample.take_up()
        return answered

    async def verify(self, question: Question) -> Verdict:
        """Both answers. Raises HTTPException where the database refuses."""
        async with self._turn:
            try:
                return await run_in_threadpool(self._verify, question)
            except QueryError as error:
                raise HTTPException(400, str(error)) from error

    async def export(self, sql: str) -> Path:
        """All rows as a CSV file, which the caller removes. Raises QueryError."""
        async with self._turn:
            return await run_in_threadpool(self._export, sql)

    async def seen(self, asked: Asked, seconds: float | None = None) -> Seen | None:
        """Events and properties of the days asked for."""
        days = asked.range or Range(asked.today, asked.today)
        return await self._seen.get((days.first, days.last, asked.build_id), lambda: self._look(days), seconds)

    def _export(self, sql: str) -> Path:
        with NamedTemporaryFile(suffix=".csv", delete=False) as file:
            path = Path(file.name)
        try:
            write_csv(self._context.warehouse, sql, path, seconds=EXPORT_SECONDS)
        except BaseException:
            path.unlink()
            raise
        return path

    def _ask(self, asked: Asked) -> Answered:
        began = time.perf_counter()
        try:
            answer = ask(self._tell, asked.name, asked.given, self._context.settings, self._context.root)
        except QueryError as error:
            return Answered(None, str(error), time.perf_counter() - began)
        return Answered(answer, "", time.perf_counter() - began)

    def _tell(self, question: Question) -> Told:
        told = self._context.engine.tell(question, seconds=self._context.settings.web.query_seconds, most=MOST_ROWS)
        if told.engine == "kernel":
            self.sample.offer(question)
        return told

    def _verify(self, question: Question) -> Verdict:
        return self._context.engine.verify(question, seconds=self._context.settings.web.query_seconds, most=MOST_ROWS)

    def _look(self, days: Range) -> Seen:
        with read_only(self._context.warehouse, self._context.settings.web.query_seconds) as cursor:
            return seen(cursor, self._context.engine, days)
