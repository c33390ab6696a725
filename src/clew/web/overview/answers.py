"""Runs what is asked of the overview, one question at a time, and remembers the newest answers."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from clew.analyses import overview as analysis
from clew.analyses.overview import Overview, Params
from clew.web.context import Database
from clew.web.overview.question import Question

REMEMBERED = 64


class Answer(NamedTuple):
    """`seconds` is what the database took."""

    now: Overview
    before: Overview | None
    seconds: float


class Answers:
    """The same question at the same build has the same answer, so it is asked once."""

    def __init__(self, warehouse: Database) -> None:
        self._warehouse = warehouse
        self._tasks: dict[tuple[Params, Params | None, int], asyncio.Task[Answer]] = {}
        self._one_at_a_time = asyncio.Semaphore(1)

    async def get(self, question: Question, seconds: float | None = None) -> Answer | None:
        """The answer; None when it is not there after `seconds`. Who stops waiting does not stop the others."""
        task = self._task(question)
        await asyncio.wait([task], timeout=seconds)
        return task.result() if task.done() else None

    def _task(self, question: Question) -> asyncio.Task[Answer]:
        key = (question.now, question.before, question.build_id)
        task = self._tasks.pop(key, None)
        if task is None or (task.done() and task.exception()):
            task = asyncio.create_task(self._run(question))
        self._tasks[key] = task
        while len(self._tasks) > REMEMBERED:
            del self._tasks[next(iter(self._tasks))]
        return task

    async def _run(self, question: Question) -> Answer:
        async with self._one_at_a_time:
            return await run_in_threadpool(self._query, question)

    def _query(self, question: Question) -> Answer:
        began = time.perf_counter()
        with self._warehouse.cursor() as cursor:
            now = analysis.run(cursor, question.now)
            before = analysis.run(cursor, question.before) if question.before else None
        return Answer(now, before, time.perf_counter() - began)
