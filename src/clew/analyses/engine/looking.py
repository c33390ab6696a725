"""What only the database can say of events: asked in one look for all that a question needs, and remembered while the build is served."""
# ruff: noqa: S608 - predicates render and quote themselves, all else is our own

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from clew.analyses.engine.asking import Asking
from clew.quoting import literal
from clew.timelines.predicates import Expression, Looked, Relation, look


class Wanted(NamedTuple):
    """A condition (the answer: where it holds, for each part) or a value (`Codes`), of the events of some kinds."""

    sql: str
    kinds: tuple[int, ...]
    columns: frozenset[str]
    """What it reads beside properties and what a kind tells."""
    properties: bool
    is_value: bool = False


def looked_up(asking: Asking, wanted: Sequence[Wanted]) -> list[Any]:
    """The answers. Those that are not known yet are asked for together."""
    return asking.held.kept_all(wanted, lambda missing: _looked_up(asking, missing))


def _looked_up(asking: Asking, wanted: list[Wanted]) -> list[Any]:
    """All that is in messages in one look, which takes as long as to read them once.

    Texts come by joins, and of a condition on a text the database makes one that it looks at before it joins: each of these is a look of its own.
    """
    joined = [each for each in wanted if _is_joined(asking, each)]
    found: dict[Wanted, Any] = {}
    for some in ([each for each in wanted if each not in joined], *([each] for each in joined)):
        conditions, values = ([each for each in some if each.is_value is is_value] for is_value in (False, True))
        expressions = [[Expression(each.sql, each.kinds) for each in group] for group in (conditions, values)]
        told = look(asking.cursor, asking.held.timeline, _events_of(asking, some), *expressions) if some else Looked([], [])
        found |= dict(zip([*conditions, *values], [*told.holds, *told.codes], strict=True))
    return [found[each] for each in wanted]


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


def _is_joined(asking: Asking, wanted: Wanted) -> bool:
    return asking.held.is_own or not wanted.columns.isdisjoint(_TEXTS)


def _events_of(asking: Asking, wanted: Sequence[Wanted]) -> Relation:
    """The events of the kinds with all that is read: what kinds tell, these columns, and properties."""
    kinds = sorted({kind for each in wanted for kind in each.kinds})
    if not _is_joined(asking, wanted[0]):
        return Relation(relation=f"({_messages(asking, kinds)})")
    texts = [name for name in _TEXTS if any(name in each.columns for each in wanted)]
    joins = [_TEXTS[name][1] for name in texts]
    chosen = [f"{_TEXTS[name][0]} AS {name}" for name in texts]
    if any(each.properties for each in wanted):
        joins.append(f"LEFT JOIN ({_messages(asking, kinds)}) AS m ON m.event_number = e.event_number")
        chosen.append("CAST(NULL AS JSON) AS properties" if asking.held.is_own else "m.properties")
    return Relation(
        relation=f"""(
SELECT {", ".join(["e.event_number", "k.source", "k.type", "nullif(k.event, '') AS event", "nullif(k.platform, '') AS platform", *chosen])}
FROM {asking.held.schema}.person_events AS e
JOIN clew.event_kinds AS k USING (kind_id)
{chr(10).join(joins)}
WHERE {_in("e.kind_id", map(str, kinds))})"""
    )


def _messages(asking: Asking, kinds: Sequence[int]) -> str:
    """The log's messages of these kinds. The condition on names is one that the database takes before it reads what they came with."""
    found = [asking.held.kinds[number] for number in kinds]
    types = sorted({kind.type for kind in found})
    names = sorted({kind.event or "" for kind in found if kind.type == "track"})
    named = _in("event", map(literal, names)) if names else "true"
    some = named if types == ["track"] and "" not in names else f"(type <> 'track' OR event IS NULL OR {named})"
    return f"""SELECT (chunk << 32) + ordinal AS event_number, source, type, nullif(platform, '') AS platform, payload AS properties,
    CASE type WHEN 'page' THEN 'Page Viewed' WHEN 'screen' THEN 'Screen Viewed' ELSE nullif(event, '') END AS event
FROM clew.events
WHERE type IN ({", ".join(map(literal, types))}) AND {some}"""


def _in(column: str, values: Iterable[str]) -> str:
    """Without IS TRUE the database looks at a list of several values only after it has read all other columns."""
    return f"({column} IN ({', '.join(values)})) IS TRUE"
