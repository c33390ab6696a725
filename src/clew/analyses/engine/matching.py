"""Conditions and values as kernels take them. What an event's kind decides is decided here; for the rest the database is asked, once a build."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from clew.analyses.engine.asking import Asking, Outside
from clew.analyses.engine.held import Kind
from clew.analyses.engine.looking import Wanted, looked_up
from clew.predicates import Condition, Event, Field, Predicate
from clew.timelines.columns import MISSING, Int32, Masks, Match, Part
from clew.timelines.funnel import Attempts
from clew.timelines.predicates import MOST, masks

OF_KIND = ("type", "source", "platform")
"""Columns that all events of a kind have alike."""


def look_ahead(asking: Asking, predicates: Iterable[Predicate], values: Iterable[Wanted | None]) -> None:
    """Have the database asked once for all that `matched` and `values` will ask of it."""
    looked_up(asking, [*_decided(asking, predicates)[1].values(), *(value for value in values if value)])


def matched(asking: Asking, predicates: Sequence[Predicate]) -> Match:
    """Bit n: predicate n holds. Raises Outside for more than kernels take."""
    if len(predicates) > MOST:
        raise Outside
    by_kind, wanted = _decided(asking, predicates)
    return Match(by_kind, masks(asking.held.timeline, dict(zip(wanted, looked_up(asking, list(wanted.values())), strict=True))))


def _decided(asking: Asking, predicates: Iterable[Predicate]) -> tuple[Masks, dict[int, Wanted]]:
    """What follows from the kind, as a mask for each, and what is to be asked, by its bit."""
    by_kind = np.zeros(max(asking.held.timeline.kinds, 1), np.uint64)
    wanted: dict[int, Wanted] = {}
    for bit, predicate in enumerate(predicates):
        told = {number: _says(asking, predicate, kind) for number, kind in asking.held.kinds.items()}
        by_kind[[number for number, says in told.items() if says]] |= np.uint64(1 << bit)
        if unknown := tuple(number for number, says in told.items() if says is None):
            wanted[bit] = _condition(predicate, unknown)
    return by_kind, wanted


def _condition(predicate: Predicate, kinds: tuple[int, ...]) -> Wanted:
    """Where it has but one name, the kinds are all of that name: the condition need not look."""
    conditions = [condition for alternative in predicate.alternatives for condition in alternative.where]
    alone = len(predicate.alternatives) == 1
    sql = " AND ".join(condition.to_sql() for condition in conditions) if alone else predicate.to_sql()
    return Wanted(sql, kinds, frozenset(predicate.fields))


def _says(asking: Asking, predicate: Predicate, kind: Kind) -> bool | None:
    """Whether it holds of all events of the kind; None where that depends on the event."""
    found: set[bool | None] = set()
    for alternative in predicate.alternatives:
        if alternative.name in (None, kind.event):
            told = {_condition_says(asking, condition, kind) for condition in alternative.where}
            found.add(False if False in told else None if None in told else True)
    return True if True in found else None if None in found else False


def _condition_says(asking: Asking, condition: Condition, kind: Kind) -> bool | None:
    field = condition.field
    if field.column in OF_KIND:
        return condition.matches(Event(event=kind.event, columns={name: getattr(kind, name) for name in OF_KIND}))
    return None


class Values(NamedTuple):
    """The values of a field as codes of `text`, MISSING where an event has none: by the event's kind, or by event."""

    text: list[str]
    of_kind: Int32
    by_event: list[Int32]
    """For each part; empty: `of_kind` has them."""

    def of(self, parts: Sequence[Part]) -> list[Int32]:
        """For each part, the code of each event."""
        return self.by_event or [self.of_kind[part.kind] for part in parts]

    def of_first(self, attempts: Attempts, parts: Sequence[Part]) -> Int32:
        """The code of each attempt's first event."""
        return attempts.gather(self.by_event, 1) if self.by_event else self.of_kind[attempts.gather([part.kind for part in parts], 1)]


def value(asking: Asking, field: Field | None, kinds: Collection[int], otherwise: str | None = None) -> Wanted | None:
    """What the database is asked for the values of a field in events of these kinds; None: nothing.

    `otherwise`: SQL of what stands where there is no value (it is text, too).
    """
    if field is None or not kinds or (otherwise is None and field.column in OF_KIND):
        return None
    sql = field.sql() if otherwise is None else f"coalesce({field.sql()}, {otherwise})"
    return Wanted(sql, tuple(sorted(kinds)), frozenset([field]), is_value=True)


def valued(asking: Asking, wanted: Wanted) -> Values:
    """The values, event by event."""
    (found,) = looked_up(asking, [wanted])
    return Values(found.values, np.zeros(0, np.int32), found.of)


def values(asking: Asking, field: Field, kinds: Collection[int]) -> Values:
    """The values of a field in events of these kinds."""
    if wanted := value(asking, field, kinds):
        return valued(asking, wanted)
    of_kind = [getattr(asking.held.kinds.get(n), field.column or "", None) for n in range(asking.held.timeline.kinds)]
    return of_kinds(asking, of_kind)


def of_kinds(asking: Asking, texts: Sequence[str | None]) -> Values:
    """Values that follow from the kind: `texts[kind]`."""
    names = sorted({text for text in texts if text is not None})
    return Values(names, np.array([MISSING if text is None else names.index(text) for text in texts] or [MISSING], np.int32), [])


def kinds_of(asking: Asking, predicates: Sequence[Predicate]) -> tuple[int, ...]:
    """The kinds of which at least one of the predicates can hold."""
    return tuple(number for number, kind in asking.held.kinds.items() if any(_says(asking, p, kind) is not False for p in predicates))
