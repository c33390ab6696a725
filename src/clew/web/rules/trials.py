"""Trials of other rules for the page: one at a time, and the newest are remembered."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from clew.errors import ClewError, Stopped
from clew.models import Trial
from clew.web.context import Context
from clew.web.remembered import Remembered


class Tried(NamedTuple):
    """What other rules would change; `refusal` says why they could not be tried, `stopped` that somebody stopped it, and who."""

    trial: Trial | None
    refusal: str = ""
    stopped: str = ""


class Trials:
    """The answers by rules and build. They have a turn of their own: other pages do not wait for a trial."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found = Remembered[Trial](asyncio.Semaphore(1))
        self._stopped: dict[tuple[tuple[str, str], ...], str] = {}

    async def get(self, changes: dict[str, str], seconds: float | None) -> Tried | None:
        """The answer; None when it is not there after `seconds`."""
        key = (self._context.status().build_id, tuple(changes.items()))
        if by := self._stopped.get(tuple(changes.items())):
            return Tried(None, stopped=by)
        try:
            trial = await self._found.get(key, lambda: self._try(changes), seconds)
        except Stopped:
            return Tried(None, stopped=self._stopped.get(tuple(changes.items()), "somebody"))
        except ClewError as error:
            return Tried(None, str(error))
        return None if trial is None else Tried(trial)

    async def stop(self, changes: dict[str, str], by: str) -> None:
        """Stop it in somebody's name, wherever it is; it is not begun again until `again`."""
        self._stopped[tuple(changes.items())] = by
        await run_in_threadpool(self._context.stop_trial, changes, by)

    def again(self, changes: dict[str, str]) -> None:
        """It may be tried again."""
        self._stopped.pop(tuple(changes.items()), None)

    def _try(self, changes: dict[str, str]) -> Trial:
        if by := self._stopped.get(tuple(changes.items())):
            raise Stopped(f"stopped by {by}")
        return self._context.try_rules(changes)
