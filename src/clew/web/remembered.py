"""Questions to the database: one at a time, and the newest answers are remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

A = TypeVar("A")
REMEMBERED = 64


class Remembered(Generic[A]):
    """The same question at the same build has the same answer, so it is asked once. `turn` is shared by all that may not ask at once."""

    def __init__(self, turn: asyncio.Semaphore) -> None:
        self._tasks: dict[Hashable, asyncio.Task[A]] = {}
        self._turn = turn

    async def get(self, key: Hashable, ask: Callable[[], A], seconds: float | None = None) -> A | None:
        """The answer of `ask`, which runs in a thread; None when it is not there after `seconds`. Who stops waiting does not stop the others."""
        task = self._tasks.pop(key, None)
        if task is None or (task.done() and task.exception()):
            task = asyncio.create_task(self._run(ask))
        self._tasks[key] = task
        while len(self._tasks) > REMEMBERED:
            del self._tasks[next(iter(self._tasks))]
        await asyncio.wait([task], timeout=seconds)
        return task.result() if task.done() else None

    async def _run(self, ask: Callable[[], A]) -> A:
        async with self._turn:
            return await run_in_threadpool(ask)
