"""What an audience asks: the list behind a report's number, or a list of the people's page. Read from its address, as SQL, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from clew.analyses.audience import behind_number, in_list
from clew.config import Settings
from clew.errors import QueryError, StateError
from clew.web.kept import asking
from clew.web.people.question import Search, read_search
from clew.web.reports.question import Asked, Build, read_at

PEOPLE = "people"
"""The report's name of the people's own lists."""
_OWN = ("q", "by", "active_from", "active_to", "source")


class Members(NamedTuple):
    """`query` as it is kept; `sql` gives the people."""

    query: str
    sql: str


def read_members(report: str, query: str, settings: Settings, root: Path, build: Build) -> Members:
    """Raises QueryError and StateError for what is no list of people."""
    try:
        if report == PEOPLE:
            return _of_people(query, settings)
        asked = read_at(report, QueryParams(query), settings, root, build)
    except HTTPException as error:
        raise QueryError(error.detail) from error
    if asked.question is None:
        raise QueryError(asked.refusal)
    return Members(_fixed(asked, parse_qsl(query)), behind_number(asked.question))


def url(report: str, query: str) -> str:
    """The page with the list."""
    return (f"/people?{query}" if query else "/people") if report == PEOPLE else asking.url(report, query)


def words(report: str, query: str) -> str:
    """What is asked, for a reader.

    >>> words("people", "active_from=2026-11-01&active_to=2026-11-07&source=web"), words("people", "by=trait&q=ada"), words("people", "")
    ('People: active 2026-11-01 – 2026-11-07, in web', 'People: by trait, beginning with ada', 'People: all')
    """
    if report != PEOPLE:
        return asking.words(report, query)
    given = dict(parse_qsl(query))
    if "active_from" in given:
        return f"People: active {given['active_from']} – {given.get('active_to', '')}" + (f", in {given['source']}" if "source" in given else "")
    return f"People: by {given.get('by')}, beginning with {given['q']}" if "q" in given else "People: all"


def _fixed(asked: Asked, items: Iterable[tuple[str, str]]) -> str:
    """A cell names a day: it stays with the days that were looked at. What goes by steps alone moves along."""
    pairs = list(items)
    if asked.range and any(name == "cell" for name, _ in pairs):
        days = {"from": asked.range.first.isoformat(), "to": asked.range.last.isoformat()}
        pairs = [(name, value) for name, value in pairs if name not in ("range", "from", "to")] + list(days.items())
    return asking.kept_query(asked, pairs)


def _of_people(query: str, settings: Settings) -> Members:
    given = {name: value for name, value in parse_qsl(query) if name in _OWN and value}
    found = read_search(given)
    kind = _kind(found)
    own = {"active": ("active_from", "active_to", "source"), "recent": ()}.get(kind, ("q", "by"))
    days = {"from": found.active.first, "to": found.active.last, "source": found.active.source} if found.active else {}
    return Members(urlencode(sorted((name, value) for name, value in given.items() if name in own)), in_list(kind, found.text, days, settings))


def _kind(found: Search) -> str:
    if found.active:
        return "active"
    if not found.text:
        return "recent"
    if not found.by:
        raise StateError("expected people found by identifier or by trait, found both: by=identifier or by=trait says which")
    return found.by
