"""The pages as an ASGI application: its routes, and what stands before them."""

from __future__ import annotations

import asyncio
import ipaddress

from duckdb import BinderException, CatalogException
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clew.errors import ConfigError, QueryError, StateError
from clew.web import login
from clew.web.assets import serve_asset
from clew.web.boards import editing, shared
from clew.web.boards import pages as boards
from clew.web.boards.tiles import Tiles
from clew.web.builds import pages as builds
from clew.web.builds import work
from clew.web.comparing import pages as comparing
from clew.web.context import Context
from clew.web.guard import Guard
from clew.web.identity import deciding
from clew.web.identity import pages as identity
from clew.web.kept import audiences, saved
from clew.web.live import pages as live
from clew.web.live.tail import Tail
from clew.web.metrics import answers as metric_answers
from clew.web.metrics import pages as metrics
from clew.web.notes import pages as notes
from clew.web.older import older_build
from clew.web.overview import pages as overview
from clew.web.overview.answers import Answers
from clew.web.page_table import answers as page_answers
from clew.web.page_table import pages as page_table
from clew.web.people import call, forget, person, visits
from clew.web.people import pages as people
from clew.web.render import error_page, state_error
from clew.web.reports import answers as report_answers
from clew.web.reports import pages as reports
from clew.web.reports import verify
from clew.web.reports.question import BUILT_IN
from clew.web.rules import pages as rules
from clew.web.rules.trials import Trials


def make_app(context: Context) -> Starlette:
    """The application. Raises ConfigError when log-in is off on an address that others reach."""
    _check_login(context)
    app = Starlette(
        routes=[
            Route("/", overview.show),
            Route("/api/overview", overview.data),
            Route("/overview.csv", overview.csv_file),
            Route("/overview/{query}.sql", overview.sql_file),
            Route("/sessions/metrics", metrics.show),
            Route("/api/sessions/metrics", metrics.data),
            Route("/sessions/metrics.csv", metrics.csv_file),
            Route("/sessions/metrics/{query}.sql", metrics.sql_file),
            Route("/pages", page_table.show),
            Route("/api/pages", page_table.data),
            Route("/pages.csv", page_table.csv_file),
            Route("/pages.sql", page_table.sql_file),
            *(Route(f"/{name}", reports.show) for name in BUILT_IN),
            Route("/compare/{name}.csv", comparing.csv_file),
            Route("/compare/{name}", comparing.show),
            Route("/api/compare/{name}", comparing.data),
            Route("/reports", reports.index),
            Route("/saved", saved.save, methods=["POST"]),
            Route("/saved/{saved:int}", saved.open_one),
            Route("/saved/{saved:int}", saved.change, methods=["POST"]),
            Route("/reports/{name}.csv", reports.csv_file),
            Route("/reports/{name}.sql", reports.sql_file),
            Route("/reports/{name}/verify", verify.show),
            Route("/reports/{name}", reports.show),
            Route("/api/reports/{name}", reports.data),
            Route("/audiences", audiences.show),
            Route("/audiences", audiences.make, methods=["POST"]),
            Route("/audiences/{audience:int}", audiences.open_one),
            Route("/audiences/{audience:int}", audiences.change, methods=["POST"]),
            Route("/annotations", notes.show),
            Route("/annotations", notes.add, methods=["POST"]),
            Route("/annotations/{annotation:int}", notes.delete, methods=["POST"]),
            Route("/dashboards", boards.index),
            Route("/dashboards", editing.make, methods=["POST"]),
            Route("/dashboards/{board:int}", boards.show),
            Route("/dashboards/{board:int}", editing.change, methods=["POST"]),
            Route("/dashboards/{board:int}/tiles", editing.tile, methods=["POST"]),
            Route("/dashboards/{board:int}/links", editing.link, methods=["POST"]),
            Route("/shared/{token}", shared.show),
            Route("/shared/{token}/status", shared.status),
            Route("/shared/{token}/{tile:int}.json", shared.chart),
            Route("/live", live.show),
            Route("/api/live", live.stream),
            Route("/api/live/raw", live.raw),
            Route("/people", people.show),
            Route("/people.csv", people.csv_file),
            Route("/people/{id:path}", person.show),
            Route("/person.csv", person.csv_file),
            Route("/forget", forget.show),
            Route("/forget", forget.send, methods=["POST"]),
            Route("/sessions", visits.show),
            Route("/sessions.csv", visits.csv_file),
            Route("/api/call", call.raw),
            Route("/identity", identity.show),
            Route("/identity.csv", identity.csv_file),
            Route("/identity/deny", deciding.deny_edge, methods=["POST"]),
            Route("/identity/undo", deciding.undo_edge, methods=["POST"]),
            Route("/builds", builds.show),
            Route("/builds/stop", builds.stop, methods=["POST"]),
            Route("/api/builds", builds.data),
            Route("/builds.csv", builds.csv_file),
            Route("/settings/rules", rules.show),
            Route("/settings/rules/stop", rules.stop, methods=["POST"]),
            Route("/settings/rules/apply", rules.apply, methods=["POST"]),
            Route("/api/status", status),
            Route("/login", login.show_login),
            Route("/login", login.log_in, methods=["POST"]),
            Route("/logout", login.log_out, methods=["POST"]),
            Route("/account", login.show_account),
            Route("/account", login.set_password, methods=["POST"]),
            Route("/health", health),
            Route("/static/{mark}/{name}", serve_asset),
        ],
        middleware=[Middleware(Guard, state=context.state, web=context.settings.web, url=context.url)],
        exception_handlers={
            CatalogException: older_build,
            BinderException: older_build,
            HTTPException: error_page,
            StateError: state_error,
            QueryError: state_error,
            500: error_page,
        },
    )
    app.state.context = context
    app.state.tail = Tail(context.root)
    turn = asyncio.Semaphore(1)
    app.state.answers = Answers(context.warehouse, turn)
    app.state.metrics = metric_answers.Answers(context.warehouse, turn)
    app.state.page_table = page_answers.Answers(context.warehouse, turn)
    app.state.reports = report_answers.Answers(context, turn)
    app.state.trials = Trials(context)
    app.state.tiles = Tiles(context, app.state.reports, turn)
    return app


async def health(request: Request) -> Response:
    """GET /health: 200 as soon as pages are answered. Says nothing of the project, since it wants no log-in."""
    return JSONResponse({"status": "ok"})


async def status(request: Request) -> Response:
    """GET /api/status: what the loader and the builder are doing. Pages ask it, and draw again when there is a newer build."""
    context: Context = request.app.state.context
    now, differing = context.status(), request.app.state.reports.sample.trouble
    trouble = now.error or differing
    return JSONResponse(
        {"build_id": now.build_id, "building": now.building, "queued": now.queued, "loaded": now.loaded_at is not None, "error": trouble}
        | work.as_json(now)
    )


def _check_login(context: Context) -> None:
    host = context.url.rpartition("//")[2].rpartition(":")[0].strip("[]")
    if not context.settings.web.login and not _is_loopback(host):
        raise ConfigError(
            f"web.login = false is for this machine alone, and the pages are on {context.url}: set web.address to 127.0.0.1 or login to true"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
