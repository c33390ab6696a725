"""The funnel's rows from the reported attempts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from clew import clock
from clew.analyses.engine.asking import Asking, Outside, date
from clew.analyses.engine.matching import Values, kinds_of, look_ahead, matched, value, values
from clew.analyses.funnel.params import Funnel, Params
from clew.timelines import funnel as kernel
from clew.timelines.calendar import ALWAYS
from clew.timelines.columns import MISSING, Bool, Int8, Int64, Part


def rows(asking: Asking, params: Params) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    if params.unit == "account" or len(params.step) + len(params.exclude) > kernel.MOST_PREDICATES:
        raise Outside
    asked = Funnel(params=params)
    by_session = params.scope == "session" or params.unit == "session"
    parts = asking.parts("session" if by_session else "person")
    found = _attempts(asking, asked, parts)
    if by_session and params.unit == "person":
        found = found.best_of_each(parts)
    by = values(asking, asked.by, _kinds_of_first(asking, asked)) if asked.by else None
    return [row for group in _groups(asking, asked, parts, found, by) for row in group.rows(params)]


class Found(NamedTuple):
    """The reported attempts; `day`: of start, where the series is by day."""

    attempts: kernel.Attempts
    day: Int64 | None

    def taken(self, rows: Any) -> Found:
        """Some of them."""
        return Found(self.attempts.some(rows), None if self.day is None else self.day[rows])

    def best_of_each(self, parts: tuple[Part, ...]) -> Found:
        """Of attempts in sessions, the one to report of each person (and day)."""
        attempts = self.attempts
        person, last = attempts.people(parts), np.maximum(attempts.level - 1, 0)
        reached = attempts.at[np.arange(len(last)), last]
        keys = (attempts.part, person, np.zeros(len(person), np.int64) if self.day is None else self.day)
        order = np.lexsort((reached, -attempts.level, *keys))
        other = np.zeros(len(order), np.bool_)
        for key in keys:
            other |= np.diff(key[order], prepend=key[order][:1] - 1) != 0
        return self.taken(order[other])


def _attempts(asking: Asking, asked: Funnel, parts: tuple[Part, ...]) -> Found:
    params, within = asked.params, clock.parse_duration(asked.params.within)
    begin, end = asking.range(params)
    if params.complete_only:
        end = min(end, asking.data_as_of - within + 1)
    exclusions = tuple(kernel.Exclusion(each.after, each.before) for each in asked.exclusions)
    funnel = kernel.Funnel(steps=len(asked.steps), within=within, order=params.order, begin=begin, end=end, exclusions=exclusions)
    of_steps = kinds_of(asking, asked.steps)
    look_ahead(asking, asked.predicates, (value(asking, asked.by, _kinds_of_first(asking, asked)), value(asking, asked.hold, of_steps)))
    match = matched(asking, asked.predicates)
    held = values(asking, asked.hold, of_steps).of(parts) if asked.hold else []
    if params.by_day:
        days = kernel.by_day(parts, match, funnel, asking.zone, held)
        return Found(days.attempts, days.day)
    return Found(kernel.reach(parts, match, funnel, held), None)


def _kinds_of_first(asking: Asking, asked: Funnel) -> tuple[int, ...]:
    """The kinds that an attempt's first event may be of."""
    return kinds_of(asking, asked.steps if asked.params.order == "any" else asked.steps[:1])


class Group(NamedTuple):
    """Attempts of one day of start and one value, or all."""

    head: dict[str, Any]
    level: Int8
    between: list[Int64]
    """Microseconds from the step before, for the attempts that reached the step; from the second step on."""
    incomplete: Bool

    def rows(self, params: Params) -> Iterator[dict[str, Any]]:
        """A row a step."""
        first = before = len(self.level)
        for step, name in enumerate(params.step, 1):
            reached = self.level >= step
            units = int(np.count_nonzero(reached))
            times = np.zeros(0, np.int64) if step == 1 or params.order == "any" else self.between[step - 2]
            yield {
                **self.head,
                "step": step,
                "name": name,
                "units": units,
                "share_of_first": units / first if first else None,
                "share_of_previous": units / before if before else None,
                "median_seconds": kernel.nearest_rank(times, 0.5) / 1e6 if len(times) else None,
                "p90_seconds": kernel.nearest_rank(times, 0.9) / 1e6 if len(times) else None,
                "incomplete": int(np.count_nonzero(self.incomplete & reached)),
            }
            before = units


def _groups(asking: Asking, asked: Funnel, parts: tuple[Part, ...], found: Found, by: Values | None) -> Iterator[Group]:
    """By day and, where values are asked for, by these in the order of texts; what has none comes last."""
    attempts = found.attempts
    code = np.full(len(attempts.level), MISSING) if by is None else by.of_first(attempts, parts)
    texts = np.argsort(np.array([text.encode() for text in by.text], object), kind="stable") if by else np.zeros(0, np.int64)
    rank = np.append(np.argsort(texts), len(texts))[code]
    order, edges = _sorted(found.day, rank, len(texts) + 1)
    if found.day is None and by is None:
        edges = [0, len(order)]
    begun = attempts.gather([part.time for part in parts], 1)
    level, incomplete = attempts.level[order], (begun + clock.parse_duration(asked.params.within) > asking.data_as_of)[order]
    between = attempts.between(parts, begun, order) if asked.params.order != "any" else []
    for a, b in itertools.pairwise(edges):
        head: dict[str, Any] = {} if found.day is None else {"start_day": date(found.day[order[a]])}
        if by:
            head["by_value"] = None if code[order[a]] == MISSING else by.text[code[order[a]]]
        yield Group(head, level[a:b], [step.micros[slice(*np.searchsorted(step.number, (a, b)))] for step in between], incomplete[a:b])


def _sorted(day: Int64 | None, rank: Int64, ranks: int) -> tuple[Int64, list[int]]:
    """The attempts by day and rank, and where each pair of these begins and the last ends."""
    key = rank if day is None else (day - day.min(initial=ALWAYS)) * ranks + rank
    # numpy sorts short numbers by their digits, which is several times as fast.
    order = np.argsort(key.astype(np.uint16) if key.max(initial=0) < 1 << 16 else key, kind="stable")
    return order, [*np.flatnonzero(np.diff(key[order], prepend=-1)).tolist(), len(order)]
