"""Addresses of the people pages, and the pages of a long list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException

from clew.analyses.people.ask import Page

ROWS = 50
LONGEST_ID = 500
"""Characters of an identifier in an address, when quoted; longer ones go by the person's number."""
LAST_PAGE = 10**9


def person_url(universal_user_id: str, space: str, person_id: int, **parameters: str | int | None) -> str:
    """The page of a person.

    >>> person_url("a/b", "", 7), person_url("u", "brand b", 7, session=5), person_url("..", "", 7)
    ('/people/a%2Fb', '/people/u?space=brand+b&session=5', '/people/?number=7')
    """
    path, own = person_address(universal_user_id, space, person_id)
    return with_query(path, {**own, **{name: str(value) for name, value in parameters.items() if value is not None}})


def person_address(universal_user_id: str, space: str, person_id: int) -> tuple[str, dict[str, str]]:
    """The same as its path and its own parameters."""
    quoted = quote(universal_user_id, safe="")
    # Browsers take a path of dots for a way up, however it is written.
    if len(quoted) > LONGEST_ID or universal_user_id in (".", ".."):
        return "/people/", {"number": str(person_id)}
    return f"/people/{quoted}", {"space": space} if space else {}


def identifier_url(identifier: str, space: str) -> str:
    """The page of whoever has the identifier; a search for it where it cannot stand in an address.

    >>> identifier_url("anon 1", ""), identifier_url("..", "")
    ('/people/anon%201', '/people?q=..')
    """
    path, own = person_address(identifier, space, 0)
    return with_query("/people", {"q": identifier[:LONGEST_ID]}) if "number" in own else with_query(path, own)


def with_query(path: str, parameters: Mapping[str, str]) -> str:
    """The path with its parameters, if there are any."""
    return f"{path}?{urlencode(parameters)}" if parameters else path


class Pager(NamedTuple):
    """Which rows of a list a page shows, and the addresses of the pages beside it (empty where there is none)."""

    total: int
    first: int
    last: int
    before: str
    after: str


def read_page(parameters: Mapping[str, str], rows: int = ROWS) -> Page:
    """The page that `page=` asks for, from 1. Raises HTTPException."""
    return Page(rows, (whole_number(parameters, "page", 1) - 1) * rows)


def whole_number(parameters: Mapping[str, str], name: str, otherwise: int) -> int:
    """A number from 1 in the address. Raises HTTPException."""
    text = parameters.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 19 and int(text) >= 1):
        raise HTTPException(400, f"expected {name}= as a whole number from 1, found {text[:40]!r}")
    number = int(text)
    if name == "page" and number > LAST_PAGE:
        raise HTTPException(400, f"expected page= of at most {LAST_PAGE}, found {number}")
    return number


def pager(path: str, parameters: Mapping[str, str], page: Page, total: int, shown: int) -> Pager:
    """The pager of a list of which `shown` rows are on this page."""
    number = page.offset // page.limit + 1

    def url(wanted: int) -> str:
        return with_query(path, {**{k: v for k, v in parameters.items() if k != "page"}, **({"page": str(wanted)} if wanted > 1 else {})})

    before = url(min(number - 1, -(-total // page.limit) or 1)) if number > 1 else ""
    after = url(number + 1) if page.offset + shown < total and shown else ""
    return Pager(total, page.offset + 1 if shown else 0, page.offset + shown, before, after)
