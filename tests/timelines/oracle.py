"""The definitions of behaviour over time as plain Python: slow, short, and the judge of the kernels. Events are one unit's, in the total order."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Event(NamedTuple):
    time: int
    kind: int
    is_activity: bool = True
    session: int = -1
    value: int = -1


Predicate = Callable[[Event], bool]


def is_kind(*kinds: int) -> Predicate:
    return lambda event: event.kind in kinds


def is_activity(event: Event) -> bool:
    return event.is_activity


class Question(NamedTuple):
    steps: Sequence[Predicate]
    within: int
    order: str = "ordered"
    exclusions: Sequence[tuple[Predicate, int, int]] = ()
    hold: bool = False
    begin: int = -(10**18)
    end: int = 10**18


def funnel(events: Sequence[Event], asked: Question) -> tuple[int, tuple[int, ...]]:
    """The level and the reported attempt: positions of its events. Every attempt there is, is looked at."""
    best: tuple[int, ...] = ()
    for attempt in _attempts(events, asked):
        if not best or rank(attempt) > rank(best):
            best = attempt
    return len(best), best


def rank(attempt: tuple[int, ...]) -> tuple[int, int, int, tuple[int, ...]]:
    """The level; the first to reach it; the latest start; the earliest middle steps."""
    return len(attempt), -attempt[-1], attempt[0], tuple(-place for place in attempt[1:])


def _attempts(events: Sequence[Event], asked: Question, begun: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    found = [begun] if begun else []
    if len(begun) < len(asked.steps):
        for place in range(begun[-1] + 1 if begun else 0, len(events)):
            attempt = (*begun, place)
            if asked.steps[len(begun)](events[place]) and _may(events, asked, attempt):
                found += _attempts(events, asked, attempt)
    return found


def _may(events: Sequence[Event], asked: Question, attempt: tuple[int, ...]) -> bool:
    """Whether the last event may follow the others."""
    first, last, level = events[attempt[0]], events[attempt[-1]], len(attempt)
    if level == 1:
        return asked.begin <= first.time < asked.end and (not asked.hold or first.value != -1)
    between = events[attempt[-2] + 1 : attempt[-1]]
    others = [step for number, step in enumerate(asked.steps, 1) if number != level - 1]
    return (
        last.time - first.time <= asked.within
        and not (asked.hold and last.value != first.value)
        and not (asked.order == "consecutive" and any(e.is_activity or _is_named(e, asked) for e in between))
        and not (asked.order == "strict" and any(step(e) for e in between for step in others))
        and not any(excluded(e) for excluded, a, b in asked.exclusions if b == level for e in events[attempt[a - 1] + 1 : attempt[-1]])
    )


def _is_named(event: Event, asked: Question) -> bool:
    """Whether the question is about it: a step's or an exclusion's event is one that comes between, activity or not."""
    return any(step(event) for step in asked.steps) or any(excluded(event) for excluded, _, _ in asked.exclusions)


def any_order(events: Sequence[Event], asked: Question) -> tuple[int, tuple[int, ...]]:
    """As `funnel`: an attempt is events that can each have a step of its own, and every choice of them is looked at."""
    some = [n for n, event in enumerate(events) if any(step(event) for step in asked.steps)]
    for level in range(len(asked.steps), 0, -1):
        attempts = [chosen for chosen in itertools.combinations(some, level) if _is_attempt([events[n] for n in chosen], asked)]
        if attempts:
            return level, max(attempts, key=rank)
    return 0, ()


def _is_attempt(chosen: Sequence[Event], asked: Question) -> bool:
    begun, over = chosen[0].time, chosen[-1].time
    served = any(all(step(event) for step, event in zip(steps, chosen, strict=True)) for steps in itertools.permutations(asked.steps, len(chosen)))
    return asked.begin <= begun < asked.end and over - begun <= asked.within and served


def local_day(t: int, zone: str) -> dt.date:
    return (EPOCH + dt.timedelta(microseconds=t)).astimezone(ZoneInfo(zone)).date()


def period(t: int, unit: str, zone: str) -> int:
    """Days, Monday weeks or months since the one that holds 1970-01-01."""
    day = local_day(t, zone)
    days = day.toordinal() - dt.date(1970, 1, 1).toordinal()
    return {"day": days, "week": (days + 3) // 7, "month": (day.year - 1970) * 12 + day.month - 1}[unit]


def sessions(events: Sequence[Event], timeout: int) -> list[list[Event]]:
    """One person's sessions, of activity, by inactivity alone."""
    found: list[list[Event]] = []
    for event in filter(is_activity, events):
        if not found or event.time - found[-1][-1].time > timeout:
            found.append([])
        found[-1].append(event)
    return found


class Retained(NamedTuple):
    cohort: int
    begun: int
    indexes: set[int]


def retained(events: Sequence[Event], unit: str, zone: str, kind: str, cohort: Predicate | None, back: Predicate | None) -> Retained | None:
    """When the unit joined its cohort, and the indexes in which it came back. None: it did not. Of predicates, None is any activity."""
    first = next((n for n, e in enumerate(events) if (cohort or is_activity)(e)), None)
    if first is None:
        return None
    begun = events[first].time
    span = {"day": 1, "week": 7, "month": 30}[unit] * DAY
    times = [e.time for e in events[first + 1 :] if (back or is_activity)(e)] + ([] if back else [begun])
    start = period(begun, unit, zone)
    return Retained(start, begun, {period(t, unit, zone) - start if kind == "calendar" else (t - begun) // span for t in times})


def lifecycle(active: set[int], now: int) -> str | None:
    """What a unit that was active in these periods is in `now`."""
    if now in active:
        return "new" if min(active) == now else "returning" if now - 1 in active else "resurrected"
    return "dormant" if now - 1 in active else None


class Way(NamedTuple):
    depth: int = 5
    collapse: bool = True
    anchor: str | None = None
    backward: bool = False
    within: int | None = None


def seen(steps: Sequence[tuple[int, str | None]], way: Way) -> list[int]:
    """Of one unit's (time, name; None: filtered out), the positions that its path goes over, in this order. Empty: no anchor, or nothing."""
    start = next((n for n, (_, name) in enumerate(steps) if name is not None and way.anchor in (None, name)), None)
    if start is None:
        return []
    over = reversed(range(start + 1)) if way.backward else range(start, len(steps))
    return [n for n in over if way.within is None or abs(steps[n][0] - steps[start][0]) <= way.within]


def path(steps: Sequence[tuple[int, str | None]], way: Way) -> tuple[str, ...] | None:
    """One unit's (time, name; None: filtered out) -> its cut path, `(exit)` after one that ended before the depth. None: no anchor, or nothing."""
    names = [name for n in seen(steps, way) if (name := steps[n][1]) is not None]
    kept = [name for n, name in enumerate(names) if not (way.collapse and n and names[n - 1] == name)]
    return tuple(kept[: way.depth]) + (("(exit)",) if len(kept) < way.depth else ()) if kept else None


def ranked(paths: Sequence[tuple[str, ...]], keep: int) -> list[tuple[str, ...]]:
    """The paths with all but the most frequent names of each step called `(other)`."""
    depth = max(map(len, paths), default=0)
    kept = []
    for step in range(depth):
        counts = Counter(p[step] for p in paths if step < len(p) and p[step] != "(exit)")
        kept.append({name for name, _ in sorted(counts.items(), key=lambda row: (-row[1], row[0].encode()))[:keep]})
    return [tuple(name if name in kept[step] or name == "(exit)" else "(other)" for step, name in enumerate(p)) for p in paths]


def quantile(values: Sequence[int], p: float) -> int:
    """The smallest value whose cumulative share is at least p."""
    rows = sorted(values)
    shares = [(n + 1) / len(rows) for n in range(len(rows))]
    return rows[bisect.bisect_left(shares, p - 1e-12)]
