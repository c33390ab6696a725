"""A project that an older Clew built: until the full build that follows an upgrade is through, models or columns may be missing that pages read."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clew.models import MODELS
from clew.web.ask import context_of
from clew.web.builds.work import of_build
from clew.web.context import Context
from clew.web.guard import HEADERS
from clew.web.render import page

UNDER_WAY = ("beginning", "building", "waiting")
_COLUMNS = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'main'"


async def older_build(request: Request, error: Exception) -> Response:
    """What the database does not know: with the next build it will, or it is a mistake of ours, which is raised again."""
    context = context_of(request)
    lacking = await run_in_threadpool(_lacking, context)
    if not lacking:
        raise error
    now = of_build(context.status())
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": f"The build that is served has no {', '.join(lacking)} yet. {now.words}"}, 503, HEADERS)
    return page(request, "older.html", 503, place="", lacking=lacking, now=now, under_way=now.state in UNDER_WAY)


def _lacking(context: Context) -> list[str]:
    """The models that this Clew's pages read and the build that is served has not, or not with all columns."""
    with context.warehouse.cursor() as cursor:
        there = set(cursor.execute(_COLUMNS).fetchall())
    return [model.name for model in MODELS if any((model.name, column.split()[0]) not in there for column in model.columns)]
