"""Events that a question names though none of that name was ever seen: most are mistyped, and an empty answer does not say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from clew.errors import QueryError
from clew.predicates import parse

PARAMS = ("step", "event", "divided_by", "cohort", "returning", "goal", "anchor", "intervention")
"""Params that name an event."""
SEEN = "SELECT DISTINCT event FROM clew.event_kinds WHERE event <> '' ORDER BY event"
"""Names that were ever seen, whatever became of the messages; one by one a build has written them down."""
NEAREST, LIKENESS = 3, 0.5
"""So many names are offered, if they are so much like it."""


class Unseen(NamedTuple):
    """A name, and the nearest of those that were seen."""

    name: str
    nearest: tuple[str, ...]

    @property
    def said(self) -> str:
        offered = f" The nearest that were: {', '.join(map(repr, self.nearest))}." if self.nearest else ""
        return f"No event of the name {self.name!r} was ever seen.{offered}"


def unseen(given: Mapping[str, Any], seen: Sequence[str]) -> list[Unseen]:
    """The events that params name and nobody sent, in their order."""
    missing = (name for name in names(given) if name not in set(seen))
    return [Unseen(name, nearest(name, seen)) for name in missing]


def names(given: Mapping[str, Any]) -> list[str]:
    """The names of events among the values of params, each once."""
    found: dict[str, None] = {}
    for param in PARAMS:
        # A path may begin with the value of a property, and then it is no event's name.
        if param in given and not (param == "anchor" and given.get("label")):
            found |= dict.fromkeys(name for text in _texts(given[param]) for name in _named(text))
    return list(found)


def nearest(name: str, seen: Sequence[str]) -> tuple[str, ...]:
    """The names most like it, capitals apart.

    >>> nearest("product vewed", ["Order Completed", "Product Viewed", "Product Added"])
    ('Product Viewed', 'Product Added')
    """
    from difflib import get_close_matches  # for a name that is missing, which is seldom

    folded = {each.casefold(): each for each in reversed(seen)}
    return tuple(folded[each] for each in get_close_matches(name.casefold(), folded, NEAREST, LIKENESS))


def counts_nothing(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an answer counts nothing somewhere: only then a name may be mistyped."""
    return not rows or any(value == 0 and not isinstance(value, bool) for row in rows for value in row.values())


def _texts(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else value or ()


def _named(text: str) -> Iterable[str]:
    try:
        return sorted(parse(text).names or ()) if text else ()
    except QueryError:
        return ()  # the report itself says what is wrong with it
