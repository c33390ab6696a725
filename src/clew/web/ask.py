"""Asking the database for a page: in a thread, in one read-only transaction, stopped after `web.query_seconds`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import duckdb
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from clew.web.context import Context, Database
from clew.web.spreadsheet import Cell, csv_lines

T = TypeVar("T")
Cursor = duckdb.DuckDBPyConnection
EXPORT_SECONDS = 600.0
"""A file is given longer than a page."""


class Asked(NamedTuple):
    """How long the database took, for the foot of the page."""

    seconds: float


def context_of(request: Request) -> Context:
    """What the process gives the pages."""
    context: Context = request.app.state.context
    return context


async def asked(request: Request, question: Callable[[Cursor], T]) -> tuple[T, Asked]:
    """What `question` makes of a cursor that sees one build. Raises HTTPException: 409 before the first build, 503 when it takes too long."""
    must_be_built(request)
    context = context_of(request)
    began = time.perf_counter()
    answer = await run_in_threadpool(_run, context.warehouse, question, context.settings.web.query_seconds)
    return answer, Asked(time.perf_counter() - began)


def must_be_built(request: Request) -> None:
    """409 before the first build."""
    if context_of(request).status().build_id is None:
        raise HTTPException(409, "There is no build yet: people come with the first one.")


def csv_answer(request: Request, name: str, header: Sequence[str], rows: Callable[[Cursor], Iterable[Sequence[Cell]]]) -> Response:
    """A file of all rows, made while it is sent: safe to open in a spreadsheet."""
    must_be_built(request)
    return csv_file_of(request, name, header, rows)


def csv_file_of(request: Request, name: str, header: Sequence[str], rows: Callable[[Cursor], Iterable[Sequence[Cell]]]) -> Response:
    """The same, also where there is no build yet."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_lines(context_of(request).warehouse, header, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _run(warehouse: Database, question: Callable[[Cursor], T], seconds: float) -> T:
    with reading(warehouse, seconds) as cursor:
        return question(cursor)


def _lines(warehouse: Database, header: Sequence[str], rows: Callable[[Cursor], Iterable[Sequence[Cell]]]) -> Iterator[str]:
    with reading(warehouse, EXPORT_SECONDS) as cursor:
        yield from csv_lines(header, rows(cursor))


@contextmanager
def reading(warehouse: Database, seconds: float) -> Iterator[Cursor]:
    """A cursor in a transaction that only reads."""
    with warehouse.cursor() as cursor:
        timer = threading.Timer(seconds, cursor.interrupt)
        timer.daemon = True
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        timer.start()
        try:
            yield cursor
        except duckdb.InterruptException as error:
            raise HTTPException(503, f"Stopped after {seconds:g} seconds (web.query_seconds): ask for less, such as fewer days.") from error
        finally:
            timer.cancel()
