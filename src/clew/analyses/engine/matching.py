"""Conditions as kernels take them. What an event's kind decides is decided here; for the rest the database is asked, once a build."""
# ruff: noqa: S608 - predicates render and quote themselves, all else is our own

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from clew.analyses.engine.asking import Asking, Outside
from clew.analyses.engine.held import Kind
from clew.predicates import Condition, Event, Field, Predicate
from clew.quoting import literal
from clew.timelines import predicates as timeline_predicates
from clew.timelines.columns import MISSING, Any1D, Int32, Match, Part
from clew.timelines.funnel import Attempts
from clew.timelines.predicates import Codes, Relation

OF_KIND = ("type", "source", "platform")
"""Columns that all events of a kind have alike."""
_FEW = 8


def matched(asking: Asking, predicates: Sequence[Predicate]) -> Match:
    """Bit n: predicate n holds. Raises Outside for more than kernels take."""
    if len(predicates) > timeline_predicates.MOST:
        raise Outside
    parts = asking.held.timeline.parts
    by_kind = np.zeros(max(asking.held.timeline.kinds, 1), np.uint64)
    dtype = np.uint8 if len(predicates) <= _FEW else np.uint64
    masks: list[Any1D] = []
    for bit, predicate in enumerate(predicates):
        told = {number: _says(asking, predicate, kind) for number, kind in asking.held.kinds.items()}
        by_kind[[number for number, says in told.items() if says]] |= np.uint64(1 << bit)
        unknown = tuple(number for number, says in told.items() if says is None)
        if unknown:
            masks = masks or [np.zeros(len(part.time), dtype) for part in parts]
            for mask, at in zip(masks, _looked_up(asking, predicate, unknown), strict=True):
                mask[at] |= dtype(1 << bit)
    return Match(by_kind, tuple(masks))


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
    if field.column in OF_KIND or (field.path and asking.held.is_own):
        return condition.matches(Event(event=kind.event, columns={name: getattr(kind, name) for name in OF_KIND}))
    return None


def _looked_up(asking: Asking, predicate: Predicate, kinds: tuple[int, ...]) -> list[Int32]:
    """For each part the positions of the events of these kinds for which the predicate holds."""
    columns = {c.field.column for a in predicate.alternatives for c in a.where if c.field.column}
    relation = events_of(asking, kinds, columns, properties=predicate.reads_properties)

    def ask() -> list[Int32]:
        return timeline_predicates.holds(asking.cursor, asking.held.timeline, predicate.to_sql(), relation)

    return asking.held.kept(("holds", predicate, kinds), ask)


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


def values(asking: Asking, field: Field, kinds: Collection[int], otherwise: str | None = None) -> Values:
    """The values of a field in events of these kinds. `otherwise`: SQL of what stands where there is none (it is text, too)."""
    if field.column in OF_KIND and otherwise is None:
        return of_kinds(asking, [getattr(asking.held.kinds.get(n), str(field.column), None) for n in range(asking.held.timeline.kinds)])
    chosen = tuple(sorted(kinds))
    if not chosen or (field.path and asking.held.is_own and otherwise is None):
        return of_kinds(asking, [None] * asking.held.timeline.kinds)
    relation = events_of(asking, chosen, {field.column} - {None}, properties=bool(field.path))
    expression = field.sql() if otherwise is None else f"coalesce({field.sql()}, {otherwise})"

    def ask() -> Codes:
        return timeline_predicates.codes(asking.cursor, asking.held.timeline, expression, relation)

    found = asking.held.kept(("values", field, chosen, otherwise), ask)
    return Values(found.values, np.zeros(0, np.int32), found.of)


def of_kinds(asking: Asking, texts: Sequence[str | None]) -> Values:
    """Values that follow from the kind: `texts[kind]`."""
    names = sorted({text for text in texts if text is not None})
    return Values(names, np.array([MISSING if text is None else names.index(text) for text in texts] or [MISSING], np.int32), [])


def kinds_of(asking: Asking, predicates: Sequence[Predicate]) -> tuple[int, ...]:
    """The kinds of which at least one of the predicates can hold."""
    return tuple(number for number, kind in asking.held.kinds.items() if any(_says(asking, p, kind) is not False for p in predicates))


_TEXTS = {
    "universal_user_id": ("p.alias", "LEFT JOIN clew.identifiers AS p ON p.id = e.person"),
    "anonymous_id": ("a.alias", "LEFT JOIN clew.identifiers AS a ON a.id = e.anonymous_number"),
    "user_id": ("u.alias", "LEFT JOIN clew.identifiers AS u ON u.id = e.user_number"),
    "device_id": (
        "coalesce(d.text, v.alias)",
        "LEFT JOIN clew.event_texts AS d ON d.text_id = e.device_number\nLEFT JOIN clew.identifiers AS v ON v.id = e.anonymous_number",
    ),
    "group_id": ("g.text", "LEFT JOIN clew.event_texts AS g ON g.text_id = e.group_number"),
}
"""How `mapped_tracks` has them."""


def events_of(asking: Asking, kinds: tuple[int, ...], columns: Collection[str | None], *, properties: bool) -> Relation:
    """The events of these kinds with what conditions read: numbers, names, and these columns and properties."""
    texts = [name for name in _TEXTS if name in columns]
    if not texts and not asking.held.is_own:
        return Relation(relation=f"({_messages(asking, kinds)})")
    joins = [_TEXTS[name][1] for name in texts]
    chosen = [f"{_TEXTS[name][0]} AS {name}" for name in texts]
    if properties:
        joins.append(f"LEFT JOIN ({_messages(asking, kinds)}) AS m ON m.event_number = e.event_number")
        chosen.append("CAST(NULL AS JSON) AS properties" if asking.held.is_own else "m.properties")
    return Relation(
        relation=f"""(
SELECT {", ".join(["e.event_number", "k.source", "k.type", "nullif(k.event, '') AS event", "nullif(k.platform, '') AS platform", *chosen])}
FROM {asking.held.schema}.person_events AS e
JOIN clew.event_kinds AS k USING (kind_id)
{chr(10).join(joins)}
WHERE e.kind_id IN ({", ".join(map(str, kinds))}))"""
    )


def _messages(asking: Asking, kinds: tuple[int, ...]) -> str:
    """The log's messages of these kinds. The condition on names is one that the database takes before it reads what they came with."""
    found = [asking.held.kinds[number] for number in kinds]
    types = sorted({kind.type for kind in found})
    names = sorted({kind.event or "" for kind in found if kind.type == "track"})
    named = f"event IN ({', '.join(map(literal, names))})" if names else "true"
    some = named if types == ["track"] and "" not in names else f"(type <> 'track' OR event IS NULL OR {named})"
    return f"""SELECT (chunk << 32) + ordinal AS event_number, source, type, nullif(platform, '') AS platform, payload AS properties,
    CASE type WHEN 'page' THEN 'Page Viewed' WHEN 'screen' THEN 'Screen Viewed' ELSE nullif(event, '') END AS event
FROM clew.events
WHERE type IN ({", ".join(map(literal, types))}) AND {some}"""
