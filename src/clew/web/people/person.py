"""One person: traits, identifiers and why they belong together, sessions that open to their events, all events; and the events as CSV."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.analyses.people import explain as ties
from clew.analyses.people import person as analysis
from clew.analyses.people.ask import Page, ask, of_space
from clew.analyses.people.conflicts import REASONS
from clew.analyses.people.explain import Explanation
from clew.analyses.people.person import Event, Events, Person, Trait, Window
from clew.analyses.people.visits import Session
from clew.state import denials
from clew.web.ask import Asked, Cursor, asked, context_of, csv_answer
from clew.web.identity.graph import Graph, graph
from clew.web.people.links import ROWS, Pager, identifier_url, pager, person_address, person_url, read_page, whole_number, with_query
from clew.web.render import first_steps, page
from clew.web.spreadsheet import Cell

VIEWS = ("sessions", "events", "identity", "traits")
TRAITS_NOW = 12
EDGES = 200
"""Rows of the identity view at most; `clew people explain` has all."""
HEADER = (
    *("source", "message_id", "type", "event", "model_time", "received_at", "is_activity", "anonymous_id", "user_id", "platform", "device_id"),
    *("page_path", "page_url", "utm_source", "utm_medium", "utm_campaign", "group_id", "previous_id", "traits"),
)


class Shown(NamedTuple):
    """What the page has of a person; what its view does not show is empty."""

    person: Person
    traits: tuple[Trait, ...]
    sessions: tuple[Session, ...] = ()
    opened: Session | None = None
    events: Events | None = None
    explanation: Explanation | None = None
    graph: Graph | None = None


async def show(request: Request) -> Response:
    """GET /people/ID?space=&view=&session=&page=, or /people/?number=N: an id that is not the universal one leads to the person who has it."""
    context, parameters = context_of(request), request.query_params
    if context.status().build_id is None:
        return first_steps(request, "people")
    view = parameters.get("view", VIEWS[0])
    if view not in VIEWS:
        raise HTTPException(400, f"expected view= one of {', '.join(VIEWS)}, found {view[:40]!r}")
    found, took = await asked(request, lambda cursor: _find(cursor, request))
    identifier = request.path_params.get("id", "")
    if identifier and identifier != found.universal_user_id:
        kept = {name: value for name, value in parameters.items() if name not in ("space", "number")}
        return RedirectResponse(_url(found, **kept), 303)
    shown, more = await asked(request, lambda cursor: _shown(cursor, request, found, view))
    return page(request, "person.html", place="people", **_values(request, shown, view, Asked(took.seconds + more.seconds)))


async def csv_file(request: Request) -> Response:
    """GET /person.csv?id=&space= (or number=): all the person's events and calls, newest first; with session= those of one session."""
    settings = context_of(request).settings
    (person, session), _ = await asked(request, lambda cursor: (found := _find(cursor, request), _session(cursor, request, found)))
    window = analysis.window_of(settings, session) if session else Window()

    def rows(cursor: Cursor) -> Iterable[list[Cell]]:
        return ([_cell(event, name) for name in HEADER] for event in analysis.all_events(cursor, settings, person, window))

    mark = hashlib.sha256(person.universal_user_id.encode()).hexdigest()[:8]
    return csv_answer(request, f"person_{mark}.csv", HEADER, rows)


def _find(cursor: Cursor, request: Request) -> Person:
    parameters = request.query_params
    identifier = request.path_params.get("id", "") or parameters.get("id", "")
    if identifier:
        found = analysis.find(cursor, identifier, parameters.get("space", ""))
    else:
        found = analysis.numbered(cursor, whole_number(parameters, "number", 1))
    if found is None:
        raise HTTPException(404, "Nobody has this identifier.")
    return found


def _session(cursor: Cursor, request: Request, person: Person) -> Session | None:
    if "session" not in request.query_params:
        return None
    return analysis.session(cursor, person, whole_number(request.query_params, "session", 1))


def _shown(cursor: Cursor, request: Request, person: Person, view: str) -> Shown:
    settings, at = context_of(request).settings, read_page(request.query_params)
    shown = Shown(person, analysis.traits(cursor, settings, person))
    if view == "events":
        return shown._replace(events=analysis.events(cursor, settings, person, Window(), at))
    if view == "identity":
        found = _explained(cursor, request, person)
        return shown._replace(explanation=found, graph=graph(found))
    if view == "sessions":
        return _with_sessions(cursor, request, shown)
    return shown


def _with_sessions(cursor: Cursor, request: Request, shown: Shown) -> Shown:
    """The sessions of the page; one of them opened, with a page of its events."""
    settings, parameters = context_of(request).settings, request.query_params
    opened = _session(cursor, request, shown.person)
    # Where a session is linked to and no page is named, the page on which it is listed.
    place = Page(ROWS, (shown.person.sessions - opened.session_sequence_number) // ROWS * ROWS) if opened and "page" not in parameters else None
    shown = shown._replace(sessions=analysis.sessions(cursor, shown.person, place or read_page(parameters)), opened=opened)
    if opened is None:
        return shown
    at = Page(ROWS, (whole_number(parameters, "events", 1) - 1) * ROWS)
    return shown._replace(events=analysis.events(cursor, settings, shown.person, analysis.window_of(settings, opened), at))


def _explained(cursor: Cursor, request: Request, person: Person) -> Explanation:
    context = context_of(request)
    rows = ask(cursor, ties.QUERY, {"id": person.universal_user_id, **of_space(context.settings, person.space)})
    found = ties.explained(rows, ties.denied_in(context.settings, denials(context.state), person.space))
    if found is None:
        raise HTTPException(404, "Nobody has this identifier.")
    return found


def _values(request: Request, shown: Shown, view: str, took: Asked) -> dict[str, Any]:
    parameters = {name: value for name, value in request.query_params.items() if name not in ("space", "number")}
    person = shown.person
    numbered = {"number": str(person.person_id)}
    return {
        "p": shown,
        "person": person,
        "view": view,
        "views": VIEWS,
        "url": lambda **changes: _url(person, **changes),
        "identifier_url": lambda identifier: identifier_url(identifier, person.space),
        "csv": lambda **more: "/person.csv?" + "&".join(f"{name}={value}" for name, value in {**numbered, **more}.items()),
        "forget": with_query("/forget", {"id": person.universal_user_id, **({"space": person.space} if person.space else {})}),
        "rows": _pager(request, shown, view, parameters),
        "event_pager": _event_pager(request, shown, parameters),
        "now": [trait for trait in shown.traits if trait.value is not None][:TRAITS_NOW],
        "label": _label(shown),
        "most": EDGES,
        "reasons": REASONS,
        "denied_now": {(edge.alias, edge.next_alias) for edge in shown.explanation.denied} if shown.explanation else set(),
        "seconds": took.seconds,
    }


def _pager(request: Request, shown: Shown, view: str, parameters: dict[str, str]) -> Pager | None:
    at = read_page(request.query_params)
    kept = {name: value for name, value in parameters.items() if name not in ("session", "events")}
    if view == "events" and shown.events:
        return _paged(shown.person, kept, at, shown.events.total, len(shown.events.events))
    if view == "sessions" and shown.sessions:
        at = at._replace(offset=shown.person.sessions - shown.sessions[0].session_sequence_number)
        return _paged(shown.person, kept, at, shown.person.sessions, len(shown.sessions))
    return None


def _paged(person: Person, kept: dict[str, str], at: Page, total: int, count: int) -> Pager:
    path, own = person_address(person.universal_user_id, person.space, person.person_id)
    return pager(path, {**own, **kept}, at, total, count)


def _event_pager(request: Request, shown: Shown, parameters: dict[str, str]) -> Pager | None:
    if shown.opened is None or shown.events is None:
        return None
    number, count, total = whole_number(request.query_params, "events", 1), len(shown.events.events), shown.events.total
    first = (number - 1) * ROWS
    before = _url(shown.person, **{**parameters, "events": str(number - 1)}) if number > 1 else ""
    after = _url(shown.person, **{**parameters, "events": str(number + 1)}) if first + count < total and count else ""
    return Pager(total, first + 1 if count else 0, first + count, before, after)


def _label(shown: Shown) -> str:
    """What a reader knows the person by: name, else e-mail, else the identifier."""
    now = {trait.name: trait.value for trait in shown.traits}
    return next((value for name in ("name", "email", "username") if (value := now.get(name))), shown.person.universal_user_id)


def _url(person: Person, **parameters: str | int | None) -> str:
    return person_url(person.universal_user_id, person.space, person.person_id, **parameters)


def _cell(event: Event, name: str) -> Cell:
    value = getattr(event, name)
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str | int | None) else f"{value.isoformat()}Z"
