"""What stands before every page: the host name, the log-in, the role, the form token; and the headers that every answer carries.

- **Host.** A page of a stranger can point a name of its own at this machine and read the answers (DNS rebinding). So only names known to
  be ours are answered. An address written as a number is no name, and cannot be rebound.
- **Log-in.** Everything wants one, but what `OPEN` names.
- **Role.** Who may look may not change things: `needed_role` says which role a request wants.
- **Form token.** A POST must come from a page of ours: the browser says so (`Origin`), and the form carries a token that only
  our own page could read.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from starlette.datastructures import FormData, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clew.config import Web
from clew.state import ROLES, SESSION_LIFE, Role, State, User

OPEN = ("/health", "/login", "/static/", "/control/", "/shared/")
"""Paths that want no log-in: `/control/` has a token of its own, `/shared/` signed links."""

OWN = ("/login", "/logout", "/account")
"""Where everybody changes what is their own."""

OWNERS = ("/settings", "/forget", "/builds/stop")
"""Pages of owners alone, with all below them."""

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""Scripts only from files of ours. Styles also inline: Plotly writes its own into the page."""


class Visit(NamedTuple):
    """Who asks. `user` is None where nobody is logged in; `token` is the cookie's, `fresh` when it is to be set."""

    user: User | None
    token: str
    fresh: bool

    @property
    def form_token(self) -> str:
        """What forms carry. It follows from the cookie, which other sites cannot read."""
        return hashlib.sha256(f"form:{self.token}".encode()).hexdigest()

    def may(self, role: Role) -> bool:
        """Whether the user's role is this one, or one that may more."""
        return self.user is not None and ROLES.index(self.user.role) >= ROLES.index(role)


ANYBODY = User(user_id=0, name="everyone on this machine", role="owner", has_password=False)
"""Who asks where `web.login` is off."""


class Guard:
    """ASGI middleware; leaves a `Visit` in `request.state.visit`."""

    def __init__(self, app: ASGIApp, state: State, web: Web, url: str) -> None:
        self._app = app
        self._state = state
        self._login = web.login
        self._names = {"localhost", _host(web.address), _host(url), *(name.lower() for name in web.hosts)}
        self._cookie = cookie_name(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answer = self._refusal(request)
        await (answer or self._app)(scope, receive, _with_headers(send, self._fresh_cookie(request) if answer is None else None))

    def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        host = request.headers.get("host", "")
        if path != "/health" and not self._is_ours(_host(host)):
            return PlainTextResponse(f"{host!r} is not a name of these pages. If it should be, add it to web.hosts in clew.toml.\n", 421)
        if path.startswith("/control/"):
            return None
        if request.method not in ("GET", "HEAD") and not _same_origin(request, host):
            return PlainTextResponse("This form came from another site: open the page here and send it again.\n", 403)
        visit = self._visit(request)
        request.state.visit = visit
        if path.startswith(OPEN):
            return None
        if visit.user is None:
            return _ask_to_log_in(request)
        needed = needed_role(request.method, path)
        return None if visit.may(needed) else _lacks(request, visit.user, needed)

    def _visit(self, request: Request) -> Visit:
        token = request.cookies.get(self._cookie, "")
        user = self._state.session_user(token) if self._login else ANYBODY
        return Visit(user, token or secrets.token_urlsafe(32), not token)

    def _is_ours(self, name: str) -> bool:
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name in self._names
        return True

    def _fresh_cookie(self, request: Request) -> str | None:
        visit: Visit | None = getattr(request.state, "visit", None)
        return cookie(request, self._cookie, visit.token, life=None) if visit and visit.fresh else None


def name_of(visit: Visit) -> str:
    """Who asks, by name."""
    return visit.user.name if visit.user else ""


def needed_role(method: str, path: str) -> Role:
    """Viewers look, analysts also change what is shown, owners also change the settings. What is not named here wants an analyst to change it.

    >>> [needed_role(*asked) for asked in (("GET", "/people"), ("POST", "/identity/deny"), ("POST", "/logout"), ("GET", "/settings/users"))]
    ['viewer', 'analyst', 'viewer', 'owner']
    """
    if any(path == page or path.startswith(f"{page}/") for page in OWNERS):
        return "owner"
    return "viewer" if method in ("GET", "HEAD") or path in OWN else "analyst"


def cookie_name(state: State) -> str:
    """Cookies are shared by all ports of a host: each project has its own name."""
    return f"clew_{state.instance}"


def cookie(request: Request, name: str, token: str, life: int | None = SESSION_LIFE) -> str:
    """A Set-Cookie header's value. `life` is in microseconds; None ends with the browser."""
    response = Response()
    response.set_cookie(name, token, max_age=life and life // 10**6, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return response.headers["set-cookie"]


async def checked_form(request: Request) -> FormData:
    """The form of a POST. 403 when its token is not the page's."""
    form = await request.form(max_files=0, max_fields=20)
    visit: Visit = request.state.visit
    if not hmac.compare_digest(str(form.get("form_token", "")).encode(), visit.form_token.encode()):
        raise HTTPException(403, "This form is out of date: go back, reload the page and send it again.")
    return form


def who(request: Request) -> str:
    """The name of who asks, as what they make says it."""
    visit: Visit = request.state.visit
    return visit.user.name if visit.user else ""


def local_path(text: str) -> str:
    """`text` if it is a path on these pages, else `/`: nobody is sent elsewhere after logging in."""
    parts = urlsplit(text)
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and not any(c < " " for c in text)
    return text if plain and not parts.scheme and not parts.netloc else "/"


def _ask_to_log_in(request: Request) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "You are logged out. Reload the page to log in."}, 401)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(wanted, safe='')}" if request.method == "GET" and wanted != "/" else "/login", 303)


def _lacks(request: Request, user: User, needed: Role) -> Response:
    said = f"This wants the role {needed}, and {user.name} is {user.role}. An owner can do it, or make you a user with that role."
    return JSONResponse({"error": said}, 403) if request.url.path.startswith("/api/") else PlainTextResponse(f"{said}\n", 403)


def _same_origin(request: Request, host: str) -> bool:
    """Whether the browser says that this came from a page of ours. Programs say nothing, and hold no cookie of somebody else."""
    origin = request.headers.get("origin")
    return urlsplit(origin).netloc == host if origin else request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _host(address: str) -> str:
    """The host of `host:port` or of a URL, lower case."""
    name = address.rpartition("//")[2].split("/")[0].lower()
    return name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() and not name.endswith("]") else name


def _with_headers(send: Send, set_cookie: str | None) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("cache-control", "no-store")
            if set_cookie and "set-cookie" not in headers:
                headers.append("set-cookie", set_cookie)
        await send(message)

    return wrapped
