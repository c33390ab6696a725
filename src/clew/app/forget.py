"""What the command line says of forgetting people: who it would be, what was done, and the requests there were."""

from __future__ import annotations

from clew import clock
from clew.api import Clew
from clew.app.identity import who
from clew.config import Paths
from clew.forget import Preview
from clew.state import Forget, State, forgets, forgets_of

__all__ = ["as_lines", "done_lines", "requests", "who"]
MOST = 20
"""Identifiers that are listed."""


def as_lines(found: Preview) -> list[str]:
    """Who it would be, for a person to read."""
    more = len(found.identifiers) - MOST
    lines = [f"{found.universal_user_id}: {found.messages:,} messages, {len(found.identifiers):,} identifiers"]
    for name in found.identifiers[:MOST]:
        lines.append(f"  {name}{'  (a device that others used too: what they did on it stays)' if name in found.shared_devices else ''}")
    return [*lines, f"  and {more:,} more"] if more > 0 else lines


def done_lines(request: Forget) -> list[str]:
    """A request, for a person to read."""
    asked = f"request {request.forget_id} of {clock.iso(request.asked_at)} by {request.asked_by or 'nobody named'}"
    if request.finished_at is None:
        return [f"{asked}: under way; it is finished when Clew starts again, or builds"]
    gone = f"{request.messages:,} messages, {request.log_records:,} records of the log, {request.refused:,} refused messages"
    return [f"{asked}: {gone} deleted; finished {clock.iso(request.finished_at)}"]


def requests(clew: Clew, identifier: str | None = None) -> list[Forget]:
    """The requests there were, newest first; those by an identifier, if one is given."""
    path = Paths(clew.root).state
    if not path.exists():
        return []
    with State.open(path) as state:
        return forgets(state) if identifier is None else forgets_of(state, identifier)
