"""Reports as plain Python: slow, short, and the judge of their SQL. After the definitions; told apart from the SQL on purpose.

Rows are `tests.oracle.Message`s of one unit; `values` are those of one property by message id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any

from tests.oracle import Message, local_date

from clew.clock import DAY
from clew.predicates import Event, parse

Matches = Callable[[Message], bool]


@dataclass
class History:
    """Messages with their properties, and what a predicate says of one."""

    messages: list[Message]
    properties: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def of(self, m: Message) -> dict[str, Any]:
        return self.properties.get(m.key, {})

    def says(self, text: str) -> Matches:
        predicate = parse(text)
        return lambda m: predicate.matches(Event(event=m.event, columns={"platform": m.platform, "source": m.source}, properties=self.of(m)))


def funnel(
    rows: Sequence[Message],
    steps: Sequence[Matches],
    *,
    within: int,
    mode: str,
    exclusions: Sequence[tuple[Matches, int, int]] = (),
    value: Callable[[Message], Any] | None = None,
    starts: Matches,
) -> tuple[int, tuple[int, ...]]:
    """(level, positions of the reported attempt) of one unit's events in order. Exponential: keep events few."""
    match = [[bool(s(m)) for s in steps] for m in rows]
    if mode == "any":
        return _any_order(rows, match, within, value, starts)
    best: tuple[int, tuple[int, ...]] = (0, ())

    def between_ok(chain: tuple[int, ...], i: int) -> bool:
        k = len(chain)
        if mode == "consecutive" and i != chain[-1] + 1:
            return False
        if mode == "strict" and any(match[x][s] for x in range(chain[-1] + 1, i) for s in range(len(steps)) if s != k - 1):
            return False
        full = (*chain, i)
        return not any(excluded(rows[x]) for excluded, a, b in exclusions if b == k + 1 for x in range(full[a - 1] + 1, i))

    def better(chain: tuple[int, ...]) -> bool:
        def rank(c: tuple[int, ...]) -> Any:
            return (len(c), -c[-1], c[0], tuple(-x for x in c[1:]))

        return not best[1] or rank(chain) > rank(best[1])

    def extend(chain: tuple[int, ...]) -> None:
        nonlocal best
        if better(chain):
            best = (len(chain), chain)
        k = len(chain)
        if k == len(steps):
            return
        for i in range(chain[-1] + 1, len(rows)):
            if rows[i].time - rows[chain[0]].time > within:
                break
            if match[i][k] and (value is None or value(rows[i]) == value(rows[chain[0]])) and between_ok(chain, i):
                extend((*chain, i))

    for i, m in enumerate(rows):
        if match[i][0] and (value is None or value(m) is not None) and starts(m):
            extend((i,))
    return best


def _any_order(
    rows: Sequence[Message], match: list[list[bool]], within: int, value: Callable[[Message], Any] | None, starts: Matches
) -> tuple[int, tuple[int, ...]]:
    """The same of attempts that are events which can each have a step of their own."""

    def may(chain: tuple[int, ...]) -> bool:
        first, last = rows[chain[0]], rows[chain[-1]]
        values = {value(rows[i]) for i in chain} if value else {""}
        return starts(first) and last.time - first.time <= within and len(values) == 1 and None not in values and served(chain)

    def served(chain: tuple[int, ...]) -> bool:
        return any(all(match[i][k] for i, k in zip(chain, steps, strict=True)) for steps in permutations(range(len(match[0])), len(chain)))

    some = [i for i, steps in enumerate(match) if any(steps)]
    for level in range(len(match[0]) if some else 0, 0, -1):
        chains = [chain for chain in combinations(some, level) if may(chain)]
        if chains:
            return level, max(chains, key=lambda c: (-c[-1], c[0], tuple(-i for i in c[1:])))
    return 0, ()


def period(t: int, unit: str, zone: str) -> int:
    """Number of the calendar period that holds t: days, Monday weeks or months."""
    d = local_date(t, zone)
    return {"day": d.toordinal(), "week": (d.toordinal() - 1) // 7, "month": d.year * 12 + d.month - 1}[unit]


def retention(
    units: Mapping[Any, Sequence[Message]],
    *,
    unit: str,
    zone: str,
    elapsed: bool,
    unbounded: bool,
    is_cohort: Matches | None,
    is_return: Matches | None,
    is_activity: Matches,
) -> dict[int, tuple[int, dict[int, int]]]:
    """Events of each unit in order -> {cohort period: (size, {index: units})}, not yet judging completeness."""
    span = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY}[unit]
    table: dict[int, tuple[int, dict[int, int]]] = {}
    for rows in units.values():
        first = next((i for i, m in enumerate(rows) if (is_cohort or is_activity)(m)), None)
        if first is None:
            continue
        t0, indexes = rows[first].time, set()
        later = [m for m in rows[first + 1 :] if (is_return or is_activity)(m)]
        for m in later if is_return else [rows[first], *later]:
            indexes.add((m.time - t0) // span if elapsed else period(m.time, unit, zone) - period(t0, unit, zone))
        if unbounded and indexes:
            indexes = set(range(max(indexes) + 1))
        cohort = period(t0, unit, zone)
        size, cells = table.get(cohort, (0, {}))
        table[cohort] = (size + 1, {i: cells.get(i, 0) + (i in indexes) for i in {*cells, *indexes}})
    return table


def path(names: Sequence[str], *, depth: int, collapse: bool, anchor: str | None, backward: bool, end: str = "(exit)") -> tuple[str, ...] | None:
    """One sequence of names -> the cut path; None without the anchor."""
    kept = [n for i, n in enumerate(names) if not (collapse and i and names[i - 1] == n)]
    if anchor is not None:
        if anchor not in kept:
            return None
        i = kept.index(anchor)
        kept = kept[: i + 1][::-1] if backward else kept[i:]
    return tuple(kept[:depth]) + ((end,) if len(kept) < depth else ())


def lifecycle(periods: set[int], now: int) -> str | None:
    """The state in `now` of a unit that was active in `periods`."""
    if now in periods:
        return "new" if min(periods) == now else "returning" if now - 1 in periods else "resurrected"
    return "dormant" if now - 1 in periods else None


def quantile(values: Sequence[float], p: float) -> float | None:
    """Nearest rank: the smallest value whose cumulative share is at least p."""
    return next((v for i, v in enumerate(sorted(values), 1) if i >= p * len(values) - 1e-9), None)
