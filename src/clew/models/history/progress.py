"""How far a build is, told while it runs."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

STEPS = {"identifiers": 0.0, "people": 0.2, "events": 0.55, "sessions": 0.8, "swap": 0.99}
"""The steps of a build, in order, and the share of the time that is over when each begins: of a full build of ten million events."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A build, or a trial of rules, at work. `share` is between 0 and 1 and an estimate; `done` of `total` are the events of the step."""

    reason: str
    is_full: bool
    started_at: int
    """Microseconds since 1970."""
    expected_seconds: float | None = None
    """What the last of its kind took; None for the first."""
    step: str = "identifiers"
    share: float = 0.0
    done: int = 0
    total: int = 0

    def at(self, step: str, done: int = 0, total: int = 0) -> Progress:
        """The same at a step of STEPS.

        >>> build = Progress(reason="first build", is_full=True, started_at=0)
        >>> [build.at(*place).share for place in (("people",), ("events", 0, 10), ("events", 5, 10), ("events", 9, 3), ("swap",))]
        [0.2, 0.55, 0.675, 0.8, 0.99]
        """
        ends = [*STEPS.values(), 1.0]
        number = list(STEPS).index(step)
        share = ends[number] + (ends[number + 1] - ends[number]) * (min(done / total, 1.0) if total else 0.0)
        return msgspec.structs.replace(self, step=step, share=round(share, 4), done=done, total=total)


Tell = Callable[[Progress], None]


def nobody(progress: Progress) -> None:
    """Who listens where nobody asked."""
