"""Who is behind a number: the list whose length is the number."""
# ruff: noqa: S608 - our own expressions

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from clew.analyses.ctes import Cte, compose
from clew.errors import QueryError

_PEOPLE = """(
    SELECT person_id, min(universal_user_id) AS universal_user_id
    FROM main.universal_alias_mapping
    GROUP BY person_id
) AS p"""
_FINAL = {
    "person": f"""SELECT m.*, p.universal_user_id
FROM members AS m
LEFT JOIN {_PEOPLE} ON p.person_id = m.unit
ORDER BY p.universal_user_id NULLS LAST, m.unit""",
    "session": f"""SELECT m.*, f.person_id, p.universal_user_id, f.session_start
FROM members AS m
JOIN main.session_facts AS f ON f.session_id = m.unit
LEFT JOIN {_PEOPLE} ON p.person_id = f.person_id
ORDER BY f.session_start, m.unit""",
    "account": "SELECT m.*, CAST(NULL AS VARCHAR) AS universal_user_id\nFROM members AS m\nORDER BY m.unit",
}


def listed(said: str, ctes: Sequence[Cte], members: str, unit: str) -> str:
    """One query: a row for each `unit` (person_id, session_id or account) that `members` selects, with the universal id."""
    return compose(f"Who is behind {said}.", [*ctes, Cte("members", "Each once.", members)], _FINAL[unit])


def day(text: str) -> dt.date:
    """A day of a cell. Raises QueryError."""
    return moment(text).date()


def moment(text: str) -> dt.datetime:
    """A time of a cell, in UTC. Raises QueryError."""
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise QueryError(f"cell: expected a day such as 2026-11-02, found {text!r}") from error


def number(text: str) -> int:
    """A whole number of a cell. Raises QueryError."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise QueryError(f"cell: expected a whole number, found {text!r}")
    return int(text)


def parts(cell: Sequence[str], expected: str, *lengths: int) -> Sequence[str]:
    """The cell, if it has as many parts as one of `lengths`. Raises QueryError."""
    if len(cell) not in lengths:
        raise QueryError(f"cell: expected {expected}, found {len(cell)} parts")
    return cell
