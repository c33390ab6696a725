"""Templates: escaped always, and what every page shows around its own part."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from clew import clock
from clew.state import Role
from clew.tomlfile import literal
from clew.web import numbers
from clew.web.assets import asset_url
from clew.web.builds import work
from clew.web.context import Context
from clew.web.guard import HEADERS
from clew.web.texts import coded, short

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_environment = Environment(loader=PackageLoader("clew.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_environment.globals["asset"] = asset_url
_environment.filters.update(tile=numbers.tile, exact=numbers.exact, percent=numbers.percent, duration=numbers.duration)


class Place(NamedTuple):
    """A page of the left rail, the letter that follows `g` to go there, and who may."""

    name: str
    title: str
    path: str
    key: str
    role: Role = "viewer"


PLACES = (
    Place("overview", "Overview", "/", "o"),
    Place("live", "Live", "/live", "l"),
    Place("sessions", "Sessions", "/sessions/metrics", "s"),
    Place("pages", "Pages", "/pages", "g"),
    Place("trends", "Trends", "/trends", "t"),
    Place("funnel", "Funnels", "/funnel", "f"),
    Place("paths", "Paths", "/paths", "h"),
    Place("retention", "Retention", "/retention", "r"),
    Place("reports", "Reports", "/reports", "e"),
    Place("dashboards", "Dashboards", "/dashboards", "d"),
    Place("people", "People", "/people", "p"),
    Place("identity", "Identity", "/identity", "i"),
    Place("builds", "Builds", "/builds", "b"),
    Place("rules", "Rules", "/settings/rules", "u", "owner"),
)


class Shell(NamedTuple):
    """What stands around a page: project, zone, theme, who asks."""

    project: str
    zone: str
    theme: str
    user: str
    may_change: bool
    may_forget: bool
    """Whether the reader's role lets them change things: buttons that do are shown to nobody else."""
    login: bool
    form_token: str
    as_of: str
    as_of_exact: str
    build_id: int | None
    changed: tuple[work.Changed, ...]
    """The rules that what is shown was not made by, because they were changed since."""
    changed_mark: str
    work: work.Work
    """What the builder does now."""
    places: tuple[Place, ...]


def shell(request: Request) -> Shell:
    context: Context = request.app.state.context
    visit = request.state.visit
    project = context.settings.project
    status = context.status()
    return Shell(
        project=project.name,
        zone=project.timezone,
        theme=theme if (theme := request.cookies.get("theme", "")) in ("light", "dark") else "",
        user=visit.user.name if visit.user else "",
        may_change=visit.may("analyst"),
        may_forget=visit.may("owner"),
        login=context.settings.web.login,
        form_token=visit.form_token,
        as_of="" if status.data_as_of is None else f"{local(status.data_as_of, project.timezone):%H:%M:%S}",
        as_of_exact="" if status.data_as_of is None else f"{local(status.data_as_of, project.timezone):%a %Y-%m-%d %H:%M:%S}",
        build_id=status.build_id,
        changed=work.changed(status.changed),
        changed_mark=work.mark(status.changed),
        work=work.of_build(status),
        places=tuple(place for place in PLACES if visit.may(place.role)),
    )


def local(t: int, zone: str) -> dt.datetime:
    """Microseconds since 1970 UTC as a time in the zone."""
    return (_EPOCH + dt.timedelta(microseconds=t)).astimezone(clock.zone(zone))


def moment(t: dt.datetime | str, zone: str) -> str:
    """A time of UTC, or its ISO text, as a page says it: local, with its weekday.

    >>> moment(dt.datetime(2026, 11, 23, 13, 32, 5), "Europe/Amsterdam"), moment("2026-11-23T13:32:05.000000Z", "UTC")
    ('Mon 2026-11-23 14:32:05', 'Mon 2026-11-23 13:32:05')
    """
    at = dt.datetime.fromisoformat(t.removesuffix("Z")) if isinstance(t, str) else t
    return f"{at.replace(tzinfo=dt.UTC).astimezone(clock.zone(zone)):%a %Y-%m-%d %H:%M:%S}"


def time(t: int) -> dt.datetime:
    """Microseconds since 1970 as `moment` takes it."""
    return (_EPOCH + dt.timedelta(microseconds=t)).replace(tzinfo=None)


def since(t: int, zone: str) -> str:
    """A time in microseconds since 1970 UTC, to the minute.

    >>> since(1_795_440_725_000_000, "Europe/Amsterdam")
    'Mon 2026-11-23 14:32'
    """
    return f"{local(t, zone):%a %Y-%m-%d %H:%M}"


def capitalize_first(text: str) -> str:
    """The text with a capital, and all else as it is; a name with a colon behind it stays as it is too.

    >>> capitalize_first("expected IANA zone"), capitalize_first("single_view: events")
    ('Expected IANA zone', 'single_view: events')
    """
    return text if text.partition(" ")[0].endswith(":") else text[:1].upper() + text[1:]


_environment.filters.update(
    moment=moment, since=since, short=short, coded=coded, time=time, toml=literal, iso=clock.iso, capitalize_first=capitalize_first
)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The template with its values and the shell around it."""
    return HTMLResponse(_environment.get_template(template).render(shell=shell(request), **values), status)


def first_steps(request: Request, place: str = "overview") -> HTMLResponse:
    """What stands in place of numbers before the first build: what is missing, and the next step."""
    context: Context = request.app.state.context
    return page(request, "nothing.html", place=place, now=context.status(), key=write_key(context), url=context.collect_url)


def write_key(context: Context) -> str:
    """The key that snippets show: that of the first source."""
    return context.settings.sources[0].write_key if context.settings.sources else "WRITE_KEY"


_SAID = {
    404: ("There is no such page", "The address may be mistyped, or the page may have moved. The overview has links to all there are."),
    405: ("This address does not take that", "Open it as a page."),
    500: ("Something went wrong here", "The error is in the output of `clew serve`. Reload the page; if it stays, that output says what to mend."),
}


async def error_page(request: Request, error: Exception) -> Response:
    """JSON for /api, a page for people."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = error.detail if isinstance(error, HTTPException) and error.detail != HTTPStatus(status).phrase else ""
    title, detail = ("This cannot be shown", said) if said else _SAID.get(status, ("This cannot be shown", ""))
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": detail or title}, status, HEADERS)
    # Who is not logged in is shown no way to the pages.
    template = "error.html" if request.state.visit.user else "shut.html"
    answer = page(request, template, status, place="", title=title, detail=detail, code=status)
    answer.headers.update(HEADERS)  # an error of ours is answered outside the guard
    return answer


async def state_error(request: Request, error: Exception) -> Response:
    """What is not kept, or a name that is taken: 404 or 409, with what to do."""
    return await error_page(request, HTTPException(404 if request.method == "GET" else 409, str(error)))
