"""What only the database can say of events: asked in one look for all that a question needs, and remembered while the build is served."""
# ruff: noqa: S608 - predicates render and quote themselves, all else is our own

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from clew.analyses.engine.asking import Asking
from clew.analyses.joined import text_of, traits_of
from clew.predicates import OF_SESSION, Field
from clew.quoting import literal
from clew.timelines.predicates import Expression, Looked, Relation, look
from clew.warehouse import own_events


class Wanted(NamedTuple):
    """A condition (the answer: where it holds, for each part) or a value (`Codes`), of the events of some kinds."""

    sql: str
    kinds: tuple[int, ...]
    fields: frozenset[Field]
    """What it reads."""
    is_value: bool = False


def looked_up(asking: Asking, wanted: Sequence[Wanted]) -> list[Any]:
    """The answers. Those that are not known yet are asked for together."""
    return asking.held.kept_all(wanted, lambda missing: _looked_up(asking, missing))


def _looked_up(asking: Asking, wanted: list[Wanted]) -> list[Any]:
    """All that is in messages in one look, which takes as long as to read them once.

    Texts, sessions and traits come by joins, and of a condition on a text the database makes one that it looks at before it joins: each of these is
    a look of its own.
    """
    joined = [each for each in wanted if _is_joined(each)]
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


_SESSION = """LEFT JOIN {schema}.uncounted_tracks AS n ON n.event_number = e.event_number
LEFT JOIN {schema}.session_rows AS s ON s.session_number = CASE WHEN e.session_number > 0 THEN e.session_number ELSE n.session_number END
LEFT JOIN {schema}.session_facts AS f ON f.session_id = s.session_id"""
"""The session that an event lies in, as `tracks_sessions_map` has it: an event that does not count may lie in one, too."""


_TRAITS = """LEFT JOIN (
    SELECT i.person, {traits} AS traits
    FROM {schema}.person_events AS i
    JOIN clew.event_kinds AS ik ON ik.kind_id = i.kind_id AND ik.type = 'identify'
    JOIN clew.events AS c ON c.type = 'identify' AND (c.chunk << 32) + c.ordinal = i.event_number
    GROUP BY i.person
) AS t ON t.person = e.person AND e.person > 0"""
"""A person's events stand in their order."""


def _is_joined(wanted: Wanted) -> bool:
    return any(field.column in _TEXTS or field.column in OF_SESSION or field.trait_name for field in wanted.fields)


def _events_of(asking: Asking, wanted: Sequence[Wanted]) -> Relation:
    """The events of the kinds with all that is read: what kinds tell, these columns, and properties."""
    kinds = sorted({kind for each in wanted for kind in each.kinds})
    fields = {field for each in wanted for field in each.fields}
    if not _is_joined(wanted[0]):
        return Relation(relation=f"({_messages(asking, kinds, fields)})")
    columns = {field.column for field in fields}
    texts = [name for name in _TEXTS if name in columns]
    of_session = [name for name in OF_SESSION if name in columns]
    joins = [_TEXTS[name][1] for name in texts] + ([_SESSION.format(schema=asking.held.schema)] if of_session else [])
    chosen = [f"{_TEXTS[name][0]} AS {name}" for name in texts] + [
        f"CASE WHEN f.session_id IS NOT NULL THEN {text_of(name)} END AS {name}" for name in of_session
    ]
    if traits := sorted({field.trait_name for field in fields if field.trait_name}):
        joins.append(_TRAITS.format(schema=asking.held.schema, traits=traits_of(traits, "c.payload", "i.place")))
        chosen.append("t.traits")
    if any(field.property_name for field in fields):
        joins.append(f"LEFT JOIN ({_messages(asking, kinds, fields)}) AS m ON m.event_number = e.event_number")
        chosen.append("m.properties")
    return Relation(
        relation=f"""(
SELECT {", ".join(["e.event_number", "k.source", "k.type", "nullif(k.event, '') AS event", "nullif(k.platform, '') AS platform", *chosen])}
FROM {asking.held.schema}.person_events AS e
JOIN clew.event_kinds AS k USING (kind_id)
{chr(10).join(joins)}
WHERE {_in("e.kind_id", map(str, kinds))})"""
    )


def _messages(asking: Asking, kinds: Sequence[int], fields: Iterable[Field]) -> str:
    """The messages of these kinds. The condition on names is one that the database takes before it reads what they came with."""
    found = [asking.held.kinds[number] for number in kinds]
    if asking.held.is_own:
        columns = sorted({field.property_name for field in fields if field.property_name})
        event = "event" if all(kind.event for kind in found) else "coalesce(event, '')"
        return f"""SELECT event_number, source, type, platform, event, {own_events.properties(columns)} AS properties
FROM clew.own_rows
WHERE {_in(event, map(literal, sorted({kind.event or "" for kind in found})))}"""
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
