"""Where sessions begin, over the stored order of `person_events`, as arrays: what `sql/event_sessions.sql` defines, without sorting again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clew import clock
from clew.config import Settings

Integers = npt.NDArray[np.signedinteger[Any]]
Flags = npt.NDArray[np.bool_]


class Kinds(NamedTuple):
    """What the rules say of each event's kind; a scalar where they say the same of all."""

    inactivity: Any
    """Microseconds."""
    ends: Any
    starts: Any


class Ordered(NamedTuple):
    """The counted events in stored order: people apart, and each person's (or unit's) in the total order."""

    person: Integers
    unit: Integers | None
    """Platform or device, where sessions are of these."""
    time: Integers
    campaign: Integers | None
    """0: none."""
    kinds: Kinds


class Cut(NamedTuple):
    """Where the sessions begin; and for each event its number in its session."""

    starts: npt.NDArray[np.int64]
    sequence_number: npt.NDArray[np.int32]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """How many events each session has."""
        return np.diff(np.append(self.starts, len(self.sequence_number)))


def cut(events: Ordered, settings: Settings) -> Cut:
    """Find the sessions. All arrays have one length."""
    index = np.arange(len(events.person), dtype=np.int32)
    fresh = _changes(events.person)
    if events.unit is not None:
        fresh |= _changes(events.unit)
    opens = _runs(events, fresh, settings)
    if settings.sessions.new_on_campaign or settings.sessions.max_minutes:
        opens = _inside(events, opens, index, settings)
    return Cut(np.flatnonzero(opens), index - _latest(opens, index) + 1)


def _changes(values: Integers) -> Flags:
    changed = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed


def _before(values: Any) -> Any:
    """The values one place later; the first one stays."""
    return np.concatenate([values[:1], values[:-1]])


def _latest(flags: Flags, index: Integers) -> Integers:
    """Where the latest flag is, at or before each place. The first place has one."""
    places = index[flags]
    latest: Integers = np.repeat(places, np.diff(places, append=len(flags)))
    return latest


def _runs(events: Ordered, fresh: Flags, settings: Settings) -> Flags:
    """First pass: idle time, local days, end and start events."""
    rules, kinds = settings.sessions, events.kinds
    idle = np.diff(events.time, prepend=events.time[:1])
    opens: Flags = fresh | (idle > kinds.inactivity)
    if rules.new_at_midnight:
        opens |= _changes(_local_day(events.time, settings))
    if rules.end_events:
        opens |= _before(kinds.ends) & ~kinds.ends
    if rules.start_events:
        opens |= kinds.starts & (idle > round(rules.start_grace_seconds * clock.SECOND))
    return opens


def _inside(events: Ordered, opens_run: Flags, index: Integers, settings: Settings) -> Flags:
    """Second pass, inside each run: another campaign, or another stretch of the longest time."""
    opens = opens_run.copy()
    run = _latest(opens_run, index)
    if settings.sessions.new_on_campaign and events.campaign is not None:
        named = events.campaign > 0
        last = _before(np.maximum.accumulate(np.where(named, index, -1)))
        opens |= named & ((last < run) | (events.campaign != events.campaign[last]))
    if settings.sessions.max_minutes:
        longest = round(settings.sessions.max_minutes * clock.MINUTE)
        since = events.time[run]
        opens |= (events.time - since) // longest != (_before(events.time) - since) // longest
    return opens


def offsets(zone: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """From when on which offset of the zone holds, in microseconds. The first holds for all time before."""
    rows = clock.transitions(clock.zone(zone))
    return np.array([at for at, _ in rows], np.int64), np.array([offset for _, offset in rows], np.int64)


def _local_day(time: Integers, settings: Settings) -> Integers:
    starts, offset = offsets(settings.project.timezone)
    place = np.maximum(np.searchsorted(starts, time, "right") - 1, 0)
    day: Integers = (time + offset[place]) // clock.DAY
    return day
