"""Runs what is asked of the pages."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from clew.analyses import pages as analysis
from clew.analyses.pages import Pages, Params
from clew.analyses.session_metrics import Params as SessionParams
from clew.web.context import Database
from clew.web.metrics.answers import MOST_VALUES
from clew.web.metrics.question import Question
from clew.web.remembered import Remembered

Chosen = tuple[str, ...] | None


class Asked(NamedTuple):
    """What a URL asks of the pages: days, comparison and filters as for the session metrics, and a text that names hold."""

    question: Question
    holding: str

    @property
    def now(self) -> Params:
        return self._params(self.question.now)

    @property
    def before(self) -> Params | None:
        return self._params(self.question.before) if self.question.before else None

    def _params(self, of: SessionParams) -> Params:
        return Params(first=of.first, last=of.last, until=of.until, filters=of.filters, holding=self.holding)


class Answer(NamedTuple):
    """`before` has the pages of `now`, as far as they were seen then. `seconds` is what the database took."""

    now: Pages
    before: Pages | None
    seconds: float


class Answers:
    """The pages' answers, by question and build."""

    def __init__(self, warehouse: Database, turn: asyncio.Semaphore) -> None:
        self._warehouse = warehouse
        self._found = Remembered[tuple[Pages, float]](turn)

    async def get(self, asked: Asked, seconds: float | None = None, most: int = MOST_VALUES) -> Answer | None:
        """The answer; None when it is not there after about `seconds`."""
        now = await self._get(asked, asked.now, None, seconds, most)
        if now is None:
            return None
        if asked.before is None:
            return Answer(now[0], None, now[1])
        before = await self._get(asked, asked.before, tuple(row.page for row in now[0].rows), seconds, most)
        return before and Answer(now[0], before[0], now[1] + before[1])

    async def _get(self, asked: Asked, params: Params, chosen: Chosen, seconds: float | None, most: int) -> tuple[Pages, float] | None:
        key = (params, chosen, most, asked.question.build_id)
        return await self._found.get(key, lambda: self._pages(params, chosen, most), seconds)

    def _pages(self, params: Params, chosen: Chosen, most: int) -> tuple[Pages, float]:
        began = time.perf_counter()
        with self._warehouse.cursor() as cursor:
            return analysis.pages(cursor, params, chosen, most), time.perf_counter() - began
