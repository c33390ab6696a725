"""Logging in: by password, or by a one-time link; the owner's account; logging out.

Opening a link spends nothing: the page sends a form, so that programs that look at links ahead of their reader do not use them up.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew.state import FAILURE_WINDOW, MIN_PASSWORD, first_link, new_link
from clew.web.context import Context
from clew.web.guard import Visit, checked_form, cookie, cookie_name, local_path
from clew.web.render import local, page

__all__ = ["first_link", "log_in", "log_out", "new_link", "set_password", "show_account", "show_login"]

WAIT_SECONDS = FAILURE_WINDOW // 10**6


async def show_login(request: Request) -> Response:
    """GET /login: the form; with `token=`, the button that uses the link."""
    if request.state.visit.user:
        return RedirectResponse("/", 303)
    return _form(request)


async def log_in(request: Request) -> Response:
    """POST /login."""
    form = await checked_form(request)
    if token := str(form.get("token", "")):
        return await _by_link(request, token)
    return await _by_password(request, str(form.get("name", "")), str(form.get("password", "")))


async def _by_link(request: Request, token: str) -> Response:
    state = _context(request).state
    session = await run_in_threadpool(state.use_link, token, _address(request))
    if session is None:
        return _form(request, 403, "This link was used before, or is too old. `clew login` prints a new one.")
    user = state.session_user(session)
    return _entered(request, session, "/" if user and user.has_password else "/account?welcome=1")


async def _by_password(request: Request, name: str, password: str) -> Response:
    state = _context(request).state
    if state.must_wait(name, _address(request)):
        await run_in_threadpool(state.record, name, _address(request), "password", "limited")
        said = f"Too many attempts failed. Wait {WAIT_SECONDS // 60} minutes, or use a link that `clew login` prints."
        answer = _form(request, 429, said, name)
        answer.headers["retry-after"] = str(WAIT_SECONDS)
        return answer
    session = await run_in_threadpool(state.log_in, name, password, _address(request))
    if session is None:
        return _form(request, 403, "Name and password do not fit. `clew login` prints a link that logs in without them.", name)
    return _entered(request, session, local_path(request.query_params.get("next", "/")))


async def log_out(request: Request) -> Response:
    """POST /logout."""
    await checked_form(request)
    context = _context(request)
    await run_in_threadpool(context.state.log_out, request.state.visit.token)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_name(context.state))
    return answer


async def show_account(request: Request) -> Response:
    """GET /account: the password, and the newest log-ins."""
    return _account(request)


async def set_password(request: Request) -> Response:
    """POST /account."""
    form = await checked_form(request)
    visit: Visit = request.state.visit
    if not visit.user or not visit.user.user_id:
        return _account(request, 400, "Log-in is off (web.login in clew.toml), so there is no account.")
    if form.get("password") != form.get("again"):
        return _account(request, 400, "The two passwords differ.")
    try:
        await run_in_threadpool(_context(request).state.set_password, visit.user, str(form.get("password", "")), visit.token)
    except ValueError as error:
        return _account(request, 400, f"{error}.")
    return RedirectResponse("/", 303)


def _form(request: Request, status: int = 200, said: str = "", name: str = "owner") -> Response:
    token = request.query_params.get("token", "") if not said else ""
    wanted = quote(local_path(request.query_params.get("next", "/")), safe="")
    return page(request, "login.html", status, place="", token=token, said=said, action=f"/login?next={wanted}", name=name)


def _account(request: Request, status: int = 200, said: str = "") -> Response:
    context = _context(request)
    attempts = [(f"{local(row.at, context.settings.project.timezone):%a %Y-%m-%d %H:%M:%S}", row) for row in context.state.logins(limit=20)]
    return page(
        request,
        "account.html",
        status,
        place="account",
        said=said,
        welcome="welcome" in request.query_params,
        user=request.state.visit.user,
        least=MIN_PASSWORD,
        attempts=attempts,
    )


def _entered(request: Request, session: str, where: str) -> Response:
    answer = RedirectResponse(where, 303)
    answer.headers.append("set-cookie", cookie(request, cookie_name(_context(request).state), session))
    return answer


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
