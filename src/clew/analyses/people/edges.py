"""Whether an edge can be denied or given back, in words of what there is instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clew.analyses.text import Value
from clew.config import Settings
from clew.errors import IdentityError

QUERY = "edges_between"


def values(alias: str, next_alias: str, space: str) -> dict[str, Value]:
    """What is bound in QUERY."""
    return {"alias": alias, "next_alias": next_alias, "space": space}


def must_be_there(rows: Iterable[Mapping[str, Any]], alias: str, next_alias: str, space: str) -> None:
    """Raises IdentityError unless the edge is among the rows of QUERY."""
    found = [(row["alias"], row["next_alias"]) for row in rows]
    if (alias, next_alias) in found:
        return
    instead = f"; there is one from {next_alias!r} to {alias!r}: name them in that order" if found else ""
    hint = "" if found else ": `clew people explain ID` shows a person's edges"
    raise IdentityError(f"expected an edge from {alias!r} to {next_alias!r}{_in(space)}, found none{instead}{hint}")


def not_denied(settings: Settings, alias: str, next_alias: str, space: str) -> IdentityError:
    """What is said where an edge is to be given back that was not taken away by hand."""
    if any(edge[:2] == (alias, next_alias) and edge[2:] in ((), (space,)) for edge in settings.identity.denied):
        return IdentityError(f"the edge from {alias!r} to {next_alias!r} is denied by identity.denied in clew.toml: take it out there")
    return IdentityError(f"expected a denied edge from {alias!r} to {next_alias!r}{_in(space)}, found none: `clew identity denied` lists them")


def _in(space: str) -> str:
    return f" in the space {space!r}" if space else ""
