"""What in the identifiers is doubtful: each reason, what it means and what to do, and the list."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import duckdb
import msgspec

from clew.analyses.people.ask import Page, ask


class Reason(NamedTuple):
    """Why something is in the list; `meaning` and `advice` are for who reads it."""

    title: str
    meaning: str
    advice: str


REASONS = {
    "shared_device": Reason(
        "Shared device",
        "Several people logged in on this device. Its anonymous events are given to one of them by identity.mode, from the time that is shown on.",
        "Nothing, where people do share it. A shop's own till or a test machine: block its anonymous id (identity.blocked).",
    ),
    "superseded_user_edge": Reason(
        "Renamed more than once",
        "This user id was said to become several others. The newest rename counts, this one does not.",
        "Look at the messages. If the newest is the mistake, deny its edge and this one counts again.",
    ),
    "cycle": Reason(
        "Renames in a circle",
        "Following the renames leads back to where they began. The id that became current last is the person's.",
        "Nothing, if somebody went back to an old id. Else deny the edge that is wrong.",
    ),
    "anonymous_and_user": Reason(
        "Both an anonymous and a user id",
        "The same text came as anonymousId and as userId. It is one identifier all the same.",
        "Look at how the client sets its ids: often a user id is sent as anonymousId before the log-in is over.",
    ),
    "too_many_aliases": Reason(
        "Too many identifiers",
        "The person has more identifiers than identity.max_aliases_per_person. This one is held back as a person of its own.",
        "Most often a placeholder stands where the user id should: block it (identity.blocked). For a real person raise the limit.",
    ),
    "blocked": Reason(
        "Blocked identifier",
        "It is on the list identity.blocked, or holds only zeros and dashes: it counts as absent, ties nothing together and is nobody.",
        "Mend the client that sends it. If it is a real id, take it off the list.",
    ),
}
"""Reasons by their names in `identity_conflicts`, in the order of a page."""


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the list. `other` and `universal_user_id` are None where there is none; `seen_at` is UTC."""

    reason: str
    alias: str
    other: str | None
    universal_user_id: str | None
    seen_at: dt.datetime
    space: str


class ConflictList(NamedTuple):
    """A page of the list; `total` is the length of the whole, `counts` how many there are of each reason."""

    total: int
    conflicts: tuple[Conflict, ...]
    counts: dict[str, int]


def conflicts(cursor: duckdb.DuckDBPyConnection, reason: str | None, page: Page) -> ConflictList:
    """What is doubtful, newest first; of one reason, or of all."""
    rows = ask(cursor, "identity_conflicts_listed", {"reason": reason, **page.values})
    counts = {row["reason"]: row["conflicts"] for row in ask(cursor, "identity_conflicts_counted", {})}
    found = [{name: row[name] for name in Conflict.__struct_fields__} for row in rows if row["reason"] is not None]
    return ConflictList(rows[0]["total"], tuple(msgspec.convert(row, Conflict) for row in found), counts)
