"""What does not work at the moment: printed when it happens, shown on the pages until it works again."""

from __future__ import annotations

import sys
import traceback
from typing import Literal

from clew.app.worker.signals import Signals
from clew.errors import ClewError

What = Literal["load", "build", "config", "forget", "enrich"]
_ORDER: tuple[What, ...] = ("load", "build", "config", "forget", "enrich")


class Troubles:
    """At most one of each kind: the newest."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._texts: dict[What, str] = {}

    def happened(self, what: What, error: Exception) -> None:
        """Print it, with where it came from if it is not an error of ours, and keep it. What the end of the process breaks off is no trouble."""
        if self._signals.stopping.is_set():
            return
        if not isinstance(error, ClewError):
            traceback.print_exception(error, file=sys.stderr)
        self.say(what, str(error))

    def say(self, what: What, text: str) -> None:
        """Print and keep a text."""
        print(f"clew serve: {text}", file=sys.stderr, flush=True)
        self.keep(what, text)

    def keep(self, what: What, text: str) -> None:
        """Keep it for the pages alone."""
        self._texts[what] = text
        self._signals.ring()

    def over(self, what: What) -> None:
        """It works again, or always did."""
        self._texts.pop(what, None)

    def of(self, what: What) -> str:
        """What is wrong with it; empty where nothing is."""
        return self._texts.get(what, "")

    def worst(self) -> str:
        """What should be told first; empty where all is well."""
        return next((self._texts[what] for what in _ORDER if what in self._texts), "")
