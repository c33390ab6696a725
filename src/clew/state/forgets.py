"""Who was to be forgotten: who asked for it and when, how far it is, and how much went. The identifier stands there in clear until all is done;
then a salted hash is what is left of it, by which one can still say whether that identifier was forgotten.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from clew.state.file import StateFile
from clew.state.passwords import check_password, hash_password


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """The identifiers of somebody who is to be forgotten. `shared`: devices that others used as well."""

    person_id: int
    own: list[str]
    shared: list[str]
    space: str


class Forget(NamedTuple):
    """A request. Times are microseconds since 1970 UTC; `finished_at` is None while it is under way. `status`: asked, log, done."""

    forget_id: int
    asked_at: int
    asked_by: str
    space: str
    status: str
    finished_at: int | None
    messages: int
    log_records: int
    refused: int


_COLUMNS = ", ".join(Forget._fields)


def ask(file: StateFile, identifier: str, named: Named, by: str) -> Forget:
    """Write the request down."""
    values = (file.now(), by, hash_password(identifier), named.space, msgspec.json.encode(named).decode())
    with file.transaction() as run:
        done = run(
            "INSERT INTO forgets (asked_at, asked_by, identifier_hash, space, person, status) VALUES (?, ?, ?, ?, ?, 'asked')",
            values,
        )
    return forgets(file, f"WHERE forget_id = {done.lastrowid}")[0]


def named_in(file: StateFile, forget: Forget) -> Named:
    """Who is to be forgotten by a request that is not done."""
    return msgspec.json.decode(file.one("SELECT person FROM forgets WHERE forget_id = ?", forget.forget_id)[0], type=Named)


def note(file: StateFile, forget: Forget) -> None:
    """Write down how far it is: status and counts."""
    with file.transaction() as run:
        run(
            "UPDATE forgets SET status = ?, messages = ?, log_records = ?, refused = ? WHERE forget_id = ?",
            (forget.status, forget.messages, forget.log_records, forget.refused, forget.forget_id),
        )


def drop_denials(file: StateFile, named: Named) -> None:
    """Edges that were denied by hand, from or to somebody who is to be forgotten, are not there any more."""
    with file.transaction() as run:
        for alias in named.own:
            run("DELETE FROM denials WHERE space = ? AND (alias = ? OR next_alias = ?)", (named.space, alias, alias))


def finish(file: StateFile, forget: Forget) -> Forget:
    """All is done: the identifiers go, also from the file's journal."""
    with file.transaction() as run:
        run("UPDATE forgets SET status = 'done', person = NULL, finished_at = ? WHERE forget_id = ?", (file.now(), forget.forget_id))
    file.settle()
    return forgets(file, f"WHERE forget_id = {forget.forget_id}")[0]


def forgets(file: StateFile, which: str = "") -> list[Forget]:
    """The requests, newest first."""
    return [Forget(*row) for row in file.all(f"SELECT {_COLUMNS} FROM forgets {which} ORDER BY forget_id DESC")]  # noqa: S608 - names and numbers


def unfinished(file: StateFile) -> list[Forget]:
    """Those under way, oldest first."""
    return forgets(file, "WHERE finished_at IS NULL")[::-1]


def forgets_of(file: StateFile, identifier: str) -> list[Forget]:
    """The requests by this identifier, newest first. Takes a tenth of a second for each that there ever was: hashes are slow on purpose."""
    rows = file.all("SELECT forget_id, identifier_hash FROM forgets")
    found = {forget_id for forget_id, hashed in rows if check_password(identifier, hashed)}
    return [forget for forget in forgets(file) if forget.forget_id in found]
