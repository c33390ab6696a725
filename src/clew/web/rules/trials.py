"""Trials of other rules for the page: one at a time, and the newest are remembered."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from clew.errors import ClewError
from clew.models import Trial
from clew.web.context import Context
from clew.web.remembered import Remembered


class Tried(NamedTuple):
    """What other rules would change; `refusal` says why they could not be tried."""

    trial: Trial | None
    refusal: str = ""


class Trials:
    """The answers by rules and build. They have a turn of their own: other pages do not wait for a trial."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found = Remembered[Trial](asyncio.Semaphore(1))

    async def get(self, changes: dict[str, str], seconds: float | None) -> Tried | None:
        """The answer; None when it is not there after `seconds`."""
        key = (self._context.status().build_id, tuple(changes.items()))
        try:
            trial = await self._found.get(key, lambda: self._context.try_rules(changes), seconds)
        except ClewError as error:
            return Tried(None, str(error))
        return None if trial is None else Tried(trial)
