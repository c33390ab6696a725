"""What in the identifiers is doubtful: the list, with what each reason means and what to do; and as CSV."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clew.analyses.people.ask import Page
from clew.analyses.people.conflicts import REASONS, Conflict, conflicts
from clew.analyses.people.explain import denied_in
from clew.state import denials
from clew.web.ask import Cursor, asked, context_of, csv_answer
from clew.web.people.links import identifier_url, pager, read_page, with_query
from clew.web.render import first_steps, page

HEADER = ("reason", "alias", "other", "universal_user_id", "seen_at", "space")


async def show(request: Request) -> Response:
    """GET /identity?reason=&page=."""
    context, parameters = context_of(request), request.query_params
    if context.status().build_id is None:
        return first_steps(request, "identity")
    reason, at = _reason(request), read_page(parameters)
    found, took = await asked(request, lambda cursor: conflicts(cursor, reason, at))
    by_hand = denials(context.state)
    spaces = sorted({"", *context.settings.identity.space.values(), *(d.space for d in by_hand)})
    return page(
        request,
        "identity.html",
        place="identity",
        reason=reason,
        reasons=REASONS,
        found=found,
        rows=pager("/identity", parameters, at, found.total, len(found.conflicts)),
        csv=with_query("/identity.csv", parameters),
        denied=[(space, edge) for space in spaces for edge in denied_in(context.settings, by_hand, space)],
        url=identifier_url,
        seconds=took.seconds,
    )


async def csv_file(request: Request) -> Response:
    """GET /identity.csv: the same list, whole."""
    reason = _reason(request)

    def rows(cursor: Cursor) -> Iterable[list[str | None]]:
        return (_cells(conflict) for conflict in conflicts(cursor, reason, Page()).conflicts)

    return csv_answer(request, "identity.csv", HEADER, rows)


def _reason(request: Request) -> str | None:
    reason = request.query_params.get("reason") or None
    if reason is not None and reason not in REASONS:
        raise HTTPException(400, f"expected reason= one of {', '.join(REASONS)}, found {reason[:40]!r}")
    return reason


def _cells(conflict: Conflict) -> list[str | None]:
    return [conflict.reason, conflict.alias, conflict.other, conflict.universal_user_id, f"{conflict.seen_at.isoformat()}Z", conflict.space]
