"""A share of the answers from the timeline is asked again by SQL, in the background: one at a time, while nobody waits and nothing is built."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from clew.analyses.registry import Question
from clew.analyses.told import Verdict
from clew.errors import QueryError

LOOK = 0.5
"""Seconds until it is looked again whether somebody waits."""


class Sample:
    """`offer` takes each new answer's question, from any thread; `take_up` asks the one that is due again. `trouble` is the alarm."""

    def __init__(
        self, verify: Callable[[Question], Verdict], share: Callable[[], float], turn: asyncio.Semaphore, is_busy: Callable[[], bool]
    ) -> None:
        self._verify = verify
        self._share = share
        self._turn = turn
        self._is_busy = is_busy
        self._owed = 0.0
        self._waiting: Question | None = None
        self._task: asyncio.Task[None] | None = None
        self.trouble: str | None = None
        self.verified = 0
        """How many answers were asked again."""

    def offer(self, question: Question) -> None:
        """With a share of 0.02 each fiftieth is taken. Where one is not through yet, the next one waits in its place."""
        self._owed += self._share()
        if self._owed >= 1:
            self._owed -= 1
            self._waiting = question

    def take_up(self) -> None:
        """Begin with what waits, unless another is not through yet. In the loop's thread."""
        if self._waiting is not None and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._ask_again(self._waiting))
            self._waiting = None

    async def _ask_again(self, question: Question) -> None:
        while self._turn.locked() or self._is_busy():  # noqa: ASYNC110 - nothing says when the last of those who ask is gone
            await asyncio.sleep(LOOK)
        async with self._turn:
            try:
                verdict = await run_in_threadpool(self._verify, question)
            except QueryError:
                # Stopped, or builds came between: another one will do.
                return
        self.verified += 1
        if verdict.agrees is False:
            self.trouble = f"the timeline and the SQL of {question.report} differ: {verdict.said} Asked: {question.params}"
            print(f"clew serve: {self.trouble}", file=sys.stderr, flush=True)
