"""The list of annotations; making one, on it or on a chart's page, and deleting one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.state import annotating
from clew.web.ask import context_of
from clew.web.guard import checked_form, local_path, who
from clew.web.render import local, page


async def show(request: Request) -> Response:
    """GET /annotations: all, newest first."""
    context = context_of(request)
    as_of = context.status().data_as_of
    today = local(as_of, context.settings.project.timezone).date() if as_of is not None else ""
    return page(request, "annotations.html", place="", annotations=annotating.all_annotations(context.state), today=today)


async def add(request: Request) -> Response:
    """POST /annotations: day, text, next (where to go then)."""
    form = await checked_form(request)
    annotating.annotate(context_of(request).state, str(form.get("day", "")), str(form.get("text", "")), who(request))
    return RedirectResponse(local_path(str(form.get("next", "/annotations"))), 303)


async def delete(request: Request) -> Response:
    """POST /annotations/NUMBER."""
    await checked_form(request)
    annotating.delete(context_of(request).state, request.path_params["annotation"])
    return RedirectResponse("/annotations", 303)
