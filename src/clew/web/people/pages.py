"""Lists of people: all, those that a search finds, those that a number counts; as a page and as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from clew.analyses.people import search
from clew.analyses.people.ask import Page
from clew.analyses.people.search import SHOWN_TRAITS, ListedPerson, PeopleList
from clew.config import Settings
from clew.web.ask import Cursor, asked, context_of, csv_answer
from clew.web.people.links import Pager, pager, person_url, read_page, with_query
from clew.web.people.question import BY, Search, read_search
from clew.web.render import first_steps, page
from clew.web.spreadsheet import Cell

HEADER = ("universal_user_id", "space", "person_id", "identifiers", "sessions", "events", "first_seen_at", "last_seen_at", *SHOWN_TRAITS)


class Section(NamedTuple):
    """A list on the page; `key` is the `by` that asks for it alone."""

    key: str
    title: str
    found: PeopleList
    pager: Pager
    query: str
    """What asks for it alone, as an audience keeps it."""


_TITLES = {"identifier": "By identifier", "trait": "By trait", "active": "Active people", "recent": "All people, who was seen last first"}


async def show(request: Request) -> Response:
    """GET /people?q=&by=&active_from=&active_to=&source=&page=."""
    context, parameters = context_of(request), request.query_params
    if context.status().build_id is None:
        return first_steps(request, "people")
    wanted, at = read_search(parameters), read_page(parameters)
    lists, took = await asked(request, lambda cursor: {kind: _ask(cursor, context.settings, wanted, kind, at) for kind in _kinds(wanted)})
    sections = [
        Section(
            kind, _TITLES[kind], found, pager("/people", _of(parameters, kind), at, found.total, len(found.people)), urlencode(_of(parameters, kind))
        )
        for kind, found in lists.items()
    ]
    csv = with_query("/people.csv", dict(parameters))
    without_source = with_query("/people", {k: v for k, v in parameters.items() if k not in ("source", "page")})
    return page(
        request,
        "people.html",
        place="people",
        wanted=wanted,
        sections=sections,
        url=_url,
        csv=csv,
        without_source=without_source,
        seconds=took.seconds,
    )


async def csv_file(request: Request) -> Response:
    """GET /people.csv: the same list, whole. A search without `by=` has those by identifier, then those by trait."""
    settings, wanted = context_of(request).settings, read_search(request.query_params)

    def rows(cursor: Cursor) -> Iterable[list[Cell]]:
        seen: set[int] = set()
        for kind in _kinds(wanted):
            for person in _ask(cursor, settings, wanted, kind, Page()).people:
                if person.person_id not in seen:
                    seen.add(person.person_id)
                    yield _cells(person)

    return csv_answer(request, "people.csv", HEADER, rows)


def _kinds(wanted: Search) -> tuple[str, ...]:
    """Which lists the page shows."""
    if wanted.active:
        return ("active",)
    if not wanted.text:
        return ("recent",)
    return (wanted.by,) if wanted.by else BY


def _ask(cursor: Cursor, settings: Settings, wanted: Search, kind: str, at: Page) -> PeopleList:
    if kind == "active" and wanted.active:
        return search.active(cursor, settings, wanted.active, at)
    if kind == "recent":
        return search.recent(cursor, settings, at)
    return (search.with_identifier if kind == "identifier" else search.with_trait)(cursor, settings, wanted.text, at)


def _of(parameters: Mapping[str, str], kind: str) -> dict[str, str]:
    """The parameters that ask for one list alone."""
    return {**parameters, "by": kind} if kind in BY else {**parameters}


def _url(person: ListedPerson) -> str:
    return person_url(person.universal_user_id, person.space, person.person_id)


def _cells(person: ListedPerson) -> list[Cell]:
    return [
        person.universal_user_id,
        person.space,
        person.person_id,
        person.aliases,
        person.sessions,
        person.events,
        f"{person.first_seen_at.isoformat()}Z",
        f"{person.last_seen_at.isoformat()}Z",
        *(person.traits.get(name, "") for name in SHOWN_TRAITS),
    ]
