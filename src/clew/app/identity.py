"""What the command line asks of identity: why a person is one, what is doubtful, and edges that are taken away and given back.

A decision is written first and then built: a running `serve` is asked for a build, else it is made here.
"""

from __future__ import annotations

import os
import pwd
from typing import Any

from clew.analyses.people import edges
from clew.analyses.people.conflicts import REASONS
from clew.analyses.people.explain import Denied, Explanation, denied_in, explained, query
from clew.analyses.text import runnable, sql_text
from clew.api import BuildAnswer, Clew
from clew.config import Paths
from clew.errors import IdentityError
from clew.state import Denial, State, denials, deny, undo


def explain(clew: Clew, identifier: str, space: str = "") -> Explanation:
    """Why the identifiers of `identifier`'s person belong together. Raises IdentityError where nobody has it."""
    denied = denied_in(clew.settings, _by_hand(clew), space)
    found = explained(clew.query(query(clew.settings, identifier, space)), denied)
    if found is None:
        raise IdentityError(
            f"expected an identifier of a person, found {identifier!r}, which the newest build does not know: see `clew build`, --space"
        )
    return found


def conflicts(clew: Clew, reason: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest doubtful identifiers, newest first, as rows of `identity_conflicts`."""
    rows = clew.query(runnable(sql_text("identity_conflicts_listed"), {"reason": reason, "limit": limit, "offset": 0}))
    return [{name: value for name, value in row.items() if name != "total"} for row in rows if row["reason"] in REASONS]


def deny_edge(clew: Clew, alias: str, next_alias: str, space: str = "") -> BuildAnswer:
    """Take an edge away, and build. Raises IdentityError where there is no such edge."""
    with State.open(Paths(clew.root).state) as state:
        if not any((d.alias, d.next_alias, d.space) == (alias, next_alias, space) for d in denials(state)):
            asked = runnable(sql_text(edges.QUERY), edges.values(alias, next_alias, space))
            edges.must_be_there(clew.query(asked), alias, next_alias, space)
            deny(state, alias, next_alias, space, who())
    return clew.build()


def undo_edge(clew: Clew, alias: str, next_alias: str, space: str = "") -> BuildAnswer:
    """Give an edge back, and build. Raises IdentityError where it is not denied by hand."""
    with State.open(Paths(clew.root).state) as state:
        if not undo(state, alias, next_alias, space, who()):
            raise edges.not_denied(clew.settings, alias, next_alias, space)
    return clew.build()


def denied_edges(clew: Clew) -> list[tuple[str, Denied]]:
    """All edges that are taken away, each with its space; `*` for those that clew.toml denies in every space."""
    by_hand = _by_hand(clew)
    spaces = sorted({d.space for d in by_hand} | {edge[2] for edge in clew.settings.identity.denied if len(edge) > 2})
    pairs = [edge for edge in clew.settings.identity.denied if len(edge) == 2]
    everywhere = [("*", Denied(alias=edge[0], next_alias=edge[1])) for edge in pairs]
    own = [(space, d) for space in spaces for d in denied_in(clew.settings, by_hand, space) if d.denied_by or (d.alias, d.next_alias) not in pairs]
    return [*own, *everywhere]


def _by_hand(clew: Clew) -> list[Denial]:
    path = Paths(clew.root).state
    if not path.exists():
        return []
    with State.open(path) as state:
        return denials(state)


def who() -> str:
    """Who runs the command, by the name that the machine has for them."""
    try:
        return f"{pwd.getpwuid(os.getuid()).pw_name} (command)"
    except KeyError:
        return f"user {os.getuid()} (command)"
