"""Why identifiers are one person: the edges, the message that says each, and the way from each identifier to the universal id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from clew import clock
from clew.analyses.people.ask import of_space
from clew.analyses.text import runnable, sql_text
from clew.config import Settings
from clew.state import Denial

QUERY = "explain"


class SaidBy(msgspec.Struct, frozen=True, kw_only=True):
    """The message that says an edge: of those at its `seen_at`, the last."""

    source: str
    message_id: str
    type: str
    received_at: str


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """`alias` was seen to become `next_alias`. Only the latest edge of an alias counts."""

    alias: str
    next_alias: str
    seen_at: str
    is_latest: bool
    message: SaidBy | None = None


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of the person; `path` leads from it to the universal id, both included."""

    alias: str
    hops: int
    first_seen_at: str
    last_seen_at: str
    path: tuple[str, ...] = ()


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """What is doubtful about an identifier of the person."""

    reason: str
    alias: str
    other: str | None
    universal_user_id: str | None
    seen_at: str


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a shared device was from `valid_from` until before `valid_to`; None = without limit."""

    alias: str
    valid_from: str | None
    valid_to: str | None
    universal_user_id: str


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """An edge that was taken away by hand. `denied_by` is empty for one of clew.toml, which alone gives it back."""

    alias: str
    next_alias: str
    denied_at: str = ""
    denied_by: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that ties a person's identifiers together. Times are ISO 8601, UTC."""

    universal_user_id: str
    person_id: int
    space: str
    aliases: tuple[Alias, ...]
    edges: tuple[Edge, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    shared_devices: tuple[Interval, ...] = ()
    denied: tuple[Denied, ...] = ()


def query(settings: Settings, identifier: str, space: str) -> str:
    """The one SELECT that `explained` takes the rows of, as one may run it."""
    return runnable(sql_text(QUERY), {"id": identifier, **of_space(settings, space)})


def explained(rows: Iterable[Mapping[str, Any]], denied: Iterable[Denied] = ()) -> Explanation | None:
    """The answer of `query`, from Python or from JSON; None where nobody has the identifier. Of `denied`, those that touch the person."""
    for row in rows:
        found = msgspec.convert({name: value for name, value in row.items() if value is not None}, Explanation)
        ways = {edge.alias: edge.next_alias for edge in found.edges if edge.is_latest}
        aliases = tuple(msgspec.structs.replace(alias, path=_path(alias, found.universal_user_id, ways)) for alias in found.aliases)
        own = {alias.alias for alias in aliases}
        touching = tuple(edge for edge in denied if edge.alias in own or edge.next_alias in own)
        return msgspec.structs.replace(found, aliases=aliases, denied=touching)
    return None


def _path(alias: Alias, end: str, ways: Mapping[str, str]) -> tuple[str, ...]:
    """As many steps as there are hops: an alias that is held back has none, and a circle ends at the universal id."""
    path = [alias.alias]
    while len(path) <= alias.hops and path[-1] != end:
        path.append(ways[path[-1]])
    return tuple(path)


def denied_in(settings: Settings, by_hand: Iterable[Denial], space: str) -> tuple[Denied, ...]:
    """The edges of the space that are taken away: by hand, newest first, and by clew.toml."""
    ours = [
        Denied(alias=d.alias, next_alias=d.next_alias, denied_at=clock.iso(d.denied_at), denied_by=d.denied_by) for d in by_hand if d.space == space
    ]
    theirs = [Denied(alias=edge[0], next_alias=edge[1]) for edge in settings.identity.denied if edge[2:] in ((), (space,))]
    return (*ours, *theirs)


def as_lines(found: Explanation) -> list[str]:
    """As a person reads it on the command line."""
    lines = [f"{found.universal_user_id} (person {found.person_id}): {len(found.aliases)} identifiers"]
    lines += [f"  {' -> '.join(alias.path)}  ({alias.hops} hops, seen {alias.first_seen_at} to {alias.last_seen_at})" for alias in found.aliases]
    lines += _section("Edges, and the messages that say them", map(_edge_line, found.edges))
    lines += _section(
        "Shared devices", (f"{i.alias}: {i.universal_user_id} from {i.valid_from or 'ever'} to {i.valid_to or 'now'}" for i in found.shared_devices)
    )
    lines += _section("Conflicts", (f"{c.reason}: {c.alias}{f', {c.other}' if c.other else ''} ({c.seen_at})" for c in found.conflicts))
    lines += _section(
        "Denied", (f"{d.alias} -> {d.next_alias}, {f'by {d.denied_by}, {d.denied_at}' if d.denied_by else 'in clew.toml'}" for d in found.denied)
    )
    return lines


def _section(title: str, lines: Iterable[str]) -> list[str]:
    inside = [f"  {line}" for line in lines]
    return ["", title, *inside] if inside else []


def _edge_line(edge: Edge) -> str:
    said = f"{edge.message.type} {edge.message.message_id} of {edge.message.source}" if edge.message else "a message that is no longer kept"
    return f"{edge.alias} -> {edge.next_alias}  {edge.seen_at}, {said}{'' if edge.is_latest else ' (superseded)'}"
