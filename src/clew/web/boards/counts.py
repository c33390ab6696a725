"""Numbers of few in rows that each say all that is needed to know them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from clew.web.numbers import Hidden

Row = Mapping[str, Any]


class Counts(NamedTuple):
    """What a report counts. A row that has a number of few among `counts` shows none of them, nor what is `told` of them.

    `parts` are (part, whole): what is left of the whole counts too. `shares` are (share, of). `sums`: rows that are alike in these columns add up to
    something that can be known, so that one of them alone cannot be hidden.
    """

    counts: tuple[str, ...]
    parts: tuple[tuple[str, str], ...] = ()
    shares: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()
    sums: tuple[tuple[str, ...], ...] = ()

    def of_few(self, row: Row, least: int) -> bool:
        """Whether one of its numbers is."""
        counts = [row.get(name) for name in self.counts]
        counts += [less(row.get(whole), row.get(part)) for part, whole in self.parts]
        for share, whole in self.shares:
            part = None if row.get(share) is None else round(row[share] * row[whole])
            counts += [part, less(row[whole], part)]
        return any(is_few(count, least) for count in counts)

    def hidden(self, row: Row, least: int) -> Row:
        """The row without its numbers."""
        every = {*self.counts, *self.told, *(share for share, _ in self.shares)}
        return {name: hide_number(value, least, counted=name in self.counts) if name in every else value for name, value in row.items()}


COUNTS = {
    "lifecycle": Counts(("new", "returning", "resurrected", "dormant")),
    "stickiness": Counts(("active", "active_28", "units"), parts=(("active", "active_28"),), told=("ratio",)),
    "paths": Counts(("paths",), shares=(("reached_goal", "paths"),), told=("share", "share_of_all"), sums=(("step", "source"), ("step", "target"))),
    "describing_retention": Counts(("users", "retained"), parts=(("retained", "users"),), told=("retention",)),
    "feature_use": Counts(("users", "times")),
    "interventions": Counts(("interventions", "active"), parts=(("active", "interventions"),), told=("share",)),
    "metrics_that_matter": Counts(
        ("users", "retained", "did", "did_and_retained", "retained_without"),
        parts=(("retained", "users"), ("did", "users"), ("did_and_retained", "did")),
        told=("retained_of_those_who_did", "overlap"),
    ),
    "metrics_that_matter_distribution": Counts(("users",), told=("share",), sums=(("event_name", "retained"),)),
    "slip_away": Counts(("idle",), shares=(("came_back", "idle"),)),
    "user_paths": Counts(("occurrences",), told=("share",), sums=((),)),
}
"""By report, where a row says all that is needed. `funnel`, `retention` and `trends` have rules of their own."""
UNKNOWN = frozenset({"retention_cohorts"})
"""Reports whose shares are of numbers that they do not say."""
_NEVER = frozenset({"churn", "churn_from_previous"})
"""Columns that tell of two rows."""


def is_few(count: int | None, least: int) -> bool:
    """Whether it stands for few, and for somebody."""
    return count is not None and 0 < count < least


def hide_number(value: Any, least: int, *, counted: bool) -> Hidden:
    """What stands for it; `counted`: it may be said to be of few."""
    return Hidden(f"<{least}") if counted and is_few(value, least) else Hidden()


def less(whole: int | None, part: int | None) -> int | None:
    """What is left of the whole."""
    return None if whole is None or part is None else whole - part


def hide_by_row(counts: Counts, rows: Sequence[Row], least: int) -> list[Row]:
    """The rows, those of few without their numbers, and as many others as it takes that none follows from a sum."""
    few = {at for at, row in enumerate(rows) if counts.of_few(row, least)}
    alike = list(sums(counts, rows))
    while more := {at for each in alike if (at := _smallest(counts, rows, _others(each, few))) is not None}:
        few |= more
    found = [counts.hidden(row, least) if at in few else row for at, row in enumerate(rows)]
    return [{name: Hidden() if name in _NEVER else value for name, value in row.items()} for row in found]


def _others(alike: Sequence[int], few: set[int]) -> list[int]:
    """Where one alone is hidden, the others that add up with it."""
    return [at for at in alike if at not in few] if sum(at in few for at in alike) == 1 else []


def _smallest(counts: Counts, rows: Sequence[Row], places: Sequence[int]) -> int | None:
    """Nothing hides behind a number of nobody."""
    some = [at for at in places if rows[at][counts.counts[0]]]
    return min(some, key=lambda at: (rows[at][counts.counts[0]], at), default=None)


def sums(counts: Counts, rows: Sequence[Row]) -> Iterator[list[int]]:
    """Places of rows that add up to something."""
    for columns in counts.sums:
        alike: dict[tuple[Any, ...], list[int]] = {}
        for at, row in enumerate(rows):
            alike.setdefault(tuple(row.get(name) for name in columns), []).append(at)
        yield from alike.values()
