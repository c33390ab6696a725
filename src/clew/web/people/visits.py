"""Lists of sessions: those that a number counts, as a page and as CSV."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from clew.analyses.people.ask import Page
from clew.analyses.people.visits import Counted, Session, counted
from clew.web.ask import Cursor, asked, context_of, csv_answer, must_be_built
from clew.web.people.links import pager, person_url, read_page, with_query
from clew.web.people.question import read_counted
from clew.web.render import first_steps, local, page
from clew.web.spreadsheet import Cell

HEADER = (
    *("session_id", "universal_user_id", "person_id", "session_sequence_number", "session_start", "session_last", "session_end", "events", "views"),
    *("is_bounced", "source", "platform", "device_id", "channel", "landing_page", "exit_page", "first_referrer"),
    *("utm_source", "utm_medium", "utm_campaign", "country"),
)


async def show(request: Request) -> Response:
    """GET /sessions?from=&to=&source=&bounced=&page=."""
    parameters = request.query_params
    if context_of(request).status().build_id is None:
        return first_steps(request, "people")
    wanted, at = _counted(request), read_page(parameters)
    found, took = await asked(request, lambda cursor: counted(cursor, wanted, at))
    return page(
        request,
        "sessions.html",
        place="people",
        wanted=wanted,
        found=found,
        rows=pager("/sessions", parameters, at, found.total, len(found.sessions)),
        url=_url,
        csv=with_query("/sessions.csv", parameters),
        without=lambda name: with_query("/sessions", {k: v for k, v in parameters.items() if k not in (name, "page")}),
        seconds=took.seconds,
    )


async def csv_file(request: Request) -> Response:
    """GET /sessions.csv: the same list, whole."""
    must_be_built(request)
    wanted = _counted(request)

    def rows(cursor: Cursor) -> Iterable[list[Cell]]:
        return ([_cell(getattr(session, name)) for name in HEADER] for session in counted(cursor, wanted, Page()).sessions)

    return csv_answer(request, f"sessions_{wanted.first}_{wanted.last}.csv", HEADER, rows)


def _counted(request: Request) -> Counted:
    context = context_of(request)
    return read_counted(request.query_params, local(context.status().data_as_of or 0, context.settings.project.timezone).date())


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str | int | None) else f"{value.isoformat()}Z"  # type: ignore[attr-defined]


def _url(session: Session) -> str:
    return person_url(session.universal_user_id, session.space, session.person_id, session=session.session_id)
