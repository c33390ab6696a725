"""What is known of a build's timeline in this process, for as long as that build is the newest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import duckdb
import numpy as np

from clew.timelines import trends, units
from clew.timelines.columns import Part, fixed
from clew.timelines.store import Timeline

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
MOST = 48
"""So many answers of the database about conditions and properties are kept: four bytes for each event, or for each that a condition is true of."""


class Kind(NamedTuple):
    """What the events of one kind have in common; as `mapped_tracks` has it."""

    source: str
    type: str
    event: str | None
    platform: str | None


class Held:
    """A timeline, its kinds, and what was found out about its events. One a build; threads may share it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, timeline: Timeline, schema: str, is_own: bool) -> None:
        self.timeline = timeline
        self.schema = schema
        self.is_own = is_own
        """Whether the events are the owner's: their properties are columns of a table."""
        found = cursor.execute("SELECT kind_id, source, type, nullif(event, ''), nullif(platform, '') FROM clew.event_kinds").fetchall()
        self.kinds = {number: Kind(*kind) for number, *kind in found if number < timeline.kinds}
        self.parts = tuple(map(_somebody, timeline.parts))
        """As questions about people take them."""
        self.nobody = tuple(map(_nobody, timeline.parts))
        """One unit: all events without a person."""
        self._kept: dict[Hashable, Any] = {}
        self._lock = threading.RLock()

    @property
    def events(self) -> int:
        """How many events there are to look at."""
        return sum(len(part.time) for part in self.timeline.parts)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns for the key; made once."""
        return cast(T, self.kept_all([key], lambda _: [make()])[0])

    def kept_all(self, keys: Sequence[K], make: Callable[[list[K]], list[Any]]) -> list[Any]:
        """The same for several keys. Those that are not kept are made together."""
        with self._lock:
            missing = [key for key in dict.fromkeys(keys) if key not in self._kept]
            made = dict(zip(missing, make(missing), strict=True)) if missing else {}
            for key in dict.fromkeys(keys):
                self._kept[key] = made[key] if key in made else self._kept.pop(key)
            found = [self._kept[key] for key in keys]
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
            return found

    def sessions(self) -> tuple[Part, ...] | None:
        """The parts with a unit for each session; None where sessions of one person overlap."""
        found = self.kept("sessions", lambda: tuple(units.by_session(part) for part in self.parts))
        return None if None in found else cast(tuple[Part, ...], found)

    def activity(self) -> dict[int, bool | None]:
        """For each kind that has events, whether these are activity; None where some are."""
        return self.kept("activity", self._activity)

    def _activity(self) -> dict[int, bool | None]:
        events = sum(np.bincount(part.kind, minlength=self.timeline.kinds) for part in self.timeline.parts)
        active = sum(np.bincount(part.kind[part.is_activity], minlength=self.timeline.kinds) for part in self.timeline.parts)
        pairs = enumerate(zip(np.asarray(events).tolist(), np.asarray(active).tolist(), strict=True))
        return {kind: True if some == all_ else None if some else False for kind, (all_, some) in pairs if all_}

    def days(self) -> trends.Kinds:
        """Events by day of UTC and kind, those without a person too."""
        return self.kept("days", lambda: trends.kinds_by_day([*self.parts, *self.nobody], self.timeline.kinds))


def _somebody(part: Part) -> Part:
    """The part without the events that have no person, which are person 0's."""
    if not len(part.person) or part.person[0]:
        return part
    skip = np.zeros(len(part.person), np.bool_) if not len(part.skip) else part.skip.copy()
    skip[0] = True
    return part._replace(skip=fixed(skip, np.bool_))


def _nobody(part: Part) -> Part:
    """The part of these alone, over the same arrays."""
    size = int(len(part.person) > 0 and part.person[0] == 0 and not (len(part.skip) and part.skip[0]))
    return part._replace(start=part.start[: size + 1], person=part.person[:size], skip=fixed((), np.bool_))
