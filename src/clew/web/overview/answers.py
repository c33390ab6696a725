"""Runs what is asked of the overview."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from clew.analyses import overview as analysis
from clew.analyses.overview import Overview
from clew.web.context import Database
from clew.web.overview.question import Question
from clew.web.remembered import Remembered


class Answer(NamedTuple):
    """`seconds` is what the database took."""

    now: Overview
    before: Overview | None
    seconds: float


class Answers:
    """The overview's answers, by question and build."""

    def __init__(self, warehouse: Database, turn: asyncio.Semaphore) -> None:
        self._warehouse = warehouse
        self._remembered = Remembered[Answer](turn)

    async def get(self, question: Question, seconds: float | None = None) -> Answer | None:
        """The answer; None when it is not there after `seconds`."""
        key = (question.now, question.before, question.build_id)
        return await self._remembered.get(key, lambda: self._query(question), seconds)

    def _query(self, question: Question) -> Answer:
        began = time.perf_counter()
        with self._warehouse.cursor() as cursor:
            now = analysis.run(cursor, question.now)
            before = analysis.run(cursor, question.before) if question.before else None
        return Answer(now, before, time.perf_counter() - began)
