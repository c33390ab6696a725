"""The control door of a running `serve`: how the other commands build and query. Its token is in run/serve.json."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from clew.analyses.engine import Engine
from clew.analyses.registry import Question, question
from clew.analyses.told import By
from clew.api import build_answer
from clew.app.worker import Worker
from clew.errors import ClewError, QueryError
from clew.warehouse import Warehouse
from clew.warehouse.export import Format, export

Handler = Callable[[Request], Awaitable[Response]]


class BuildOrder(msgspec.Struct, frozen=True):
    full: bool = False


class TryOrder(msgspec.Struct, frozen=True):
    changes: dict[str, str]


class ListOrder(msgspec.Struct, frozen=True):
    limit: int


class ForgetOrder(msgspec.Struct, frozen=True):
    identifier: str
    space: str
    by: str = ""
    look: bool = False


class ReportOrder(msgspec.Struct, frozen=True):
    report: str
    params: dict[str, Any]
    seconds: float
    engine: By | None = None


class QueryOrder(msgspec.Struct, frozen=True):
    sql: str
    format: Format
    seconds: float


def control_routes(warehouse: Warehouse, worker: Worker, engine: Engine, token: str, scratch: Path) -> list[Route]:
    """POST /control/build, builds, forget, query, report, verify and try, for who has the token."""

    async def build(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=BuildOrder)
        result, built = await run_in_threadpool(worker.build, order.full)
        return _told(build_answer(result, built, worker.upkeep.trouble))

    async def builds(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=ListOrder)
        return _told(await run_in_threadpool(worker.builds, order.limit))

    async def try_rules(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=TryOrder)
        return _told(await run_in_threadpool(worker.trials.run, order.changes))

    def asked(order: ReportOrder) -> Question:
        return question(order.report, order.params, worker.settings(), warehouse.root)

    async def report(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=ReportOrder)
        return _told(await run_in_threadpool(lambda: engine.tell(asked(order), seconds=order.seconds, by=order.engine)))

    async def verify(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=ReportOrder)
        return _told(await run_in_threadpool(lambda: engine.verify(asked(order), seconds=order.seconds)))

    async def forget(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=ForgetOrder)
        if order.look:
            found: object = await run_in_threadpool(worker.look_before_forgetting, order.identifier, order.space)
        else:
            found = await run_in_threadpool(worker.forget, order.identifier, order.space, order.by)
        return _told(found)

    async def query(request: Request) -> Response:
        return await _exported(warehouse, msgspec.json.decode(await request.body(), type=QueryOrder), scratch)

    handlers = {"build": build, "builds": builds, "forget": forget, "query": query, "report": report, "verify": verify, "try": try_rules}
    return [Route(f"/control/{name}", _guarded(handler, token), methods=["POST"]) for name, handler in handlers.items()]


async def _exported(warehouse: Warehouse, order: QueryOrder, scratch: Path) -> Response:
    """The answer of a query as a file, which is removed when it is sent."""
    with NamedTemporaryFile(dir=scratch, prefix="answer-", delete=False) as file:
        path = Path(file.name)
    remove = partial(path.unlink, missing_ok=True)
    try:
        await run_in_threadpool(partial(export, warehouse, order.sql, path, order.format, seconds=order.seconds))
    except QueryError:
        await run_in_threadpool(remove)
        raise
    return FileResponse(path, media_type="application/octet-stream", background=BackgroundTask(remove))


def _guarded(handler: Handler, token: str) -> Handler:
    """Only for who has the token; Clew's errors become JSON that the caller raises again."""

    async def guarded(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode()):
            return JSONResponse({"code": "ProjectError", "message": "the token in run/serve.json is wanted"}, 403)
        try:
            return await handler(request)
        except (ClewError, msgspec.DecodeError) as error:
            return JSONResponse({"code": type(error).__name__, "message": str(error)}, 400)

    return guarded


def _told(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
