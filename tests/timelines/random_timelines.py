"""Random timelines: few kinds, and steps between times that make ties, edges of windows and sessions, and changes of clocks common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from tests.timelines.oracle import DAY, Event

from clew.clock import parse_time
from clew.timelines.columns import Part, part

KINDS = 5
MINUTE = 60_000_000
HOUR = 60 * MINUTE
WINDOW = 10
"""In microseconds: short timelines have times of a few microseconds, so that edges are met by chance."""
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "America/St_Johns")
# Clocks change in New York, Lord Howe (by half an hour), and St. John's (back at a minute past midnight, so that a day comes twice).
CHANGES = tuple(parse_time(day) or 0 for day in ("2026-03-07", "2026-10-31", "2026-04-04", "2005-10-30T00:30", "2026-07-01"))
GAPS = (0, 1, 15 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1, HOUR, 7 * HOUR, DAY - 1, DAY, 3 * DAY, 7 * DAY, 30 * DAY)


@st.composite
def short(draw: st.DrawFn, most: int = 9) -> list[Event]:
    """One person's events within a few microseconds."""
    times = sorted(draw(st.lists(st.integers(0, 2 * WINDOW), max_size=most)))
    return [_event(draw, t, number) for number, t in enumerate(times)]


@st.composite
def long(draw: st.DrawFn, most: int = 12) -> list[Event]:
    """One person's events over months."""
    time, events = draw(st.sampled_from(CHANGES)) + draw(st.integers(0, 2 * DAY)), []
    for number in range(draw(st.integers(0, most))):
        time += draw(st.sampled_from(GAPS))
        events.append(_event(draw, time, number))
    return events


def _event(draw: st.DrawFn, time: int, number: int) -> Event:
    return Event(
        time=time, kind=draw(st.integers(0, KINDS - 1)), is_activity=draw(st.sampled_from((True, True, True, False))), value=draw(st.integers(-1, 1))
    )


def people(one: st.SearchStrategy[list[Event]]) -> st.SearchStrategy[list[list[Event]]]:
    return st.lists(one, max_size=6)


def as_part(people: Sequence[Sequence[Event]], skip: Any = (), first_person: int = 0) -> Part:
    events = [e for person in people for e in person]
    start = np.cumsum([0, *(len(p) for p in people)])
    return part(
        start,
        np.arange(len(people)) + first_person,
        np.array([e.time for e in events], np.int64),
        np.array([e.kind for e in events], np.int32),
        np.array([e.is_activity for e in events], np.bool_),
        np.array([e.session for e in events], np.int32),
        skip,
    )


@st.composite
def base_and_overlay(draw: st.DrawFn, one: st.SearchStrategy[list[Event]]) -> tuple[list[list[list[Event]]], list[Part]]:
    """A timeline as people, by part, and as its parts: a base, and an overlay. Changed people of the base are empty, and skipped."""
    base, overlay = draw(people(one)), draw(people(one))
    changed = [draw(st.booleans()) for _ in base]
    parts = [as_part(base, changed), as_part(overlay, first_person=100)]
    return [[[] if c else p for p, c in zip(base, changed, strict=True)], overlay], parts


def relaxed(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
