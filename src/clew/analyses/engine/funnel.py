"""The funnel's rows from the reported attempts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from clew import clock
from clew.analyses.engine.asking import Asking, Outside, date
from clew.analyses.engine.matching import Values, kinds_of, matched, values
from clew.analyses.funnel.params import Funnel, Params
from clew.timelines import funnel as kernel
from clew.timelines.columns import MISSING, Any1D, Bool, Int64, Part


def rows(asking: Asking, params: Params) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    if params.unit == "account" or len(params.step) + len(params.exclude) > kernel.MOST_PREDICATES:
        raise Outside
    asked = Funnel(params=params)
    by_session = params.scope == "session" or params.unit == "session"
    parts = asking.parts("session" if by_session else "person")
    found = _attempts(asking, asked, parts)
    if by_session and params.unit == "person":
        found = found.best_of_each(parts, params.order == "any")
    by = values(asking, asked.by, kinds_of(asking, asked.steps if params.order == "any" else asked.steps[:1])) if asked.by else None
    return [row for group in _groups(asking, asked, parts, found, by) for row in group.rows(params)]


class Found(NamedTuple):
    """The reported attempts; `day`: of start, where the series is by day."""

    attempts: kernel.Attempts
    day: Int64 | None

    def taken(self, rows: Any) -> Found:
        """Some of them."""
        return Found(self.attempts.some(rows), None if self.day is None else self.day[rows])

    def best_of_each(self, parts: tuple[Part, ...], in_any_order: bool) -> Found:
        """Of attempts in sessions, the one to report of each person (and day)."""
        attempts = self.attempts
        person, last = attempts.people(parts), np.maximum(attempts.level - 1, 0)
        decides = attempts.at[:, 0] if in_any_order else attempts.at[np.arange(len(last)), last]
        keys = (attempts.part, person, np.zeros(len(person), np.int64) if self.day is None else self.day)
        order = np.lexsort((decides, -attempts.level, *keys))
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
    match = matched(asking, asked.predicates)
    held = values(asking, asked.hold, kinds_of(asking, asked.steps)).of(parts) if asked.hold else []
    if params.by_day:
        days = kernel.by_day(parts, match, funnel, asking.zone, held)
        return Found(days.attempts, days.day)
    return Found(kernel.reach(parts, match, funnel, held), None)


class Group(NamedTuple):
    """Attempts of one day of start and one value, or all."""

    head: dict[str, Any]
    level: Int64
    between: list[Int64]
    """Microseconds from the step before, for the attempts that reached the step; from the second step on."""
    incomplete: Bool

    def rows(self, params: Params) -> Iterator[dict[str, Any]]:
        """A row a step."""
        first = before = int((self.level >= 1).sum())
        for step, name in enumerate(params.step, 1):
            units = int((self.level >= step).sum())
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
                "incomplete": int((self.incomplete & (self.level >= step)).sum()),
            }
            before = units


def _groups(asking: Asking, asked: Funnel, parts: tuple[Part, ...], found: Found, by: Values | None) -> Iterator[Group]:
    code = np.full(len(found.attempts.level), MISSING) if by is None else by.of_first(found.attempts, parts)
    # The rows are by value in the order of texts, and what has none comes last.
    order = np.argsort(np.array([text.encode() for text in by.text], object), kind="stable") if by else np.zeros(0, np.int64)
    rank = np.append(np.argsort(order), len(order))[code]
    day = found.day if found.day is not None else np.zeros(len(code), np.int64)
    if found.day is None and by is None:
        yield _group(asking, asked, parts, found, {})
        return
    place = np.lexsort((rank, day))
    edges = np.flatnonzero((np.diff(day[place], prepend=day[place][:1] - 1) != 0) | (np.diff(rank[place], prepend=-1) != 0))
    for rows in np.split(place, edges[1:]) if len(place) else []:
        head: dict[str, Any] = {} if found.day is None else {"start_day": date(day[rows[0]])}
        if by:
            head["by_value"] = None if code[rows[0]] == MISSING else by.text[code[rows[0]]]
        yield _group(asking, asked, parts, found.taken(rows), head)


def _group(asking: Asking, asked: Funnel, parts: tuple[Part, ...], found: Found, head: dict[str, Any]) -> Group:
    attempts, times = found.attempts, [part.time for part in parts]
    begun: Any1D = attempts.gather(times, 1)
    between = [attempts.between(parts, step) for step in range(2, len(asked.steps) + 1)] if asked.params.order != "any" else []
    return Group(head, attempts.level, between, begun + clock.parse_duration(asked.params.within) > asking.data_as_of)
