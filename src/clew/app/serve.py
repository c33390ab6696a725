"""`clew serve`: the only owner of the database: loads, builds, pages, and the control door for the other commands."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from clew import locks
from clew.analyses.engine import Engine
from clew.api.running import ServeAddress
from clew.app.control import control_routes
from clew.app.schedules import Schedules
from clew.app.worker import Worker
from clew.config import Paths, Settings
from clew.door import listen
from clew.state import State, first_link
from clew.warehouse import Warehouse
from clew.web.app import make_app
from clew.web.context import Context

STOP_SECONDS = 3
"""Open pages (the live stream among them) are given this long when the process stops."""


def run(root: Path, settings: Settings, web: str | None = None, collect: str | None = None) -> None:
    """Serve the project until SIGINT or SIGTERM. Raises ProjectError when another process owns the database."""
    paths = Paths(root)
    with locks.hold(paths.run / "serve.lock", "clew serve"):
        (paths.run / "serve.json").unlink(missing_ok=True)
        with (
            Warehouse.open(root, settings) as warehouse,
            State.open(paths.state) as state,
            listen(web or settings.web.address, "pages", "--web, web.address") as door,
        ):
            worker = Worker(warehouse, root, settings, state)
            engine = Engine(warehouse, worker.settings, root)
            worker.upkeep.prepare = engine.prepare
            url = "http://{}:{}".format(*door.getsockname()[:2])
            token = secrets.token_urlsafe(32)
            context = Context(
                root=root,
                read_settings=worker.settings,
                warehouse=warehouse,
                state=state,
                status=worker.status,
                build=partial(worker.build, False),
                forget=worker.forget,
                engine=engine,
                collect_url=f"http://{collect or settings.collect.address}",
                url=url,
                wanted=worker.wanted,
                try_rules=worker.trials.run,
                reload=worker.reload,
                stop_build=worker.stop_build,
                stop_trial=worker.trials.stop,
            )
            app = make_app(context)
            app.router.routes[:0] = control_routes(warehouse, worker, engine, token, paths.scratch)
            schedules = Schedules(context)
            app.router.lifespan_context = _lifespan(paths.run / "serve.json", ServeAddress(pid=os.getpid(), url=url, token=token), worker, schedules)
            if settings.web.login and (link := first_link(state, url)):
                print(f"Open this link to log in (it works once):\n  {link}", flush=True)
            print(f"clew serve: pages on {url}", flush=True)
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=STOP_SECONDS))
            server.run(sockets=[door])


def _lifespan(path: Path, address: ServeAddress, worker: Worker, schedules: Schedules) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        worker.start()
        schedules.start()
        _write_private(path, msgspec.json.encode(address))
        yield
        await run_in_threadpool(path.unlink)
        await run_in_threadpool(schedules.stop)
        await run_in_threadpool(worker.stop)

    return lifespan


def _write_private(path: Path, content: bytes) -> None:
    """At once whole, and readable by its owner alone."""
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    new.rename(path)
