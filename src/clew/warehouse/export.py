"""Answers of users' SQL as files: csv (safe to open in a spreadsheet), json, parquet, and a table for people."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import math
import shutil
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal

import duckdb
import msgspec

from clew.quoting import literal
from clew.spreadsheet import safe
from clew.warehouse.engine import Warehouse, stage_folder
from clew.warehouse.query import SECONDS, Cursors, answering, checked, described, read_only

Format = Literal["table", "csv", "json", "parquet"]

_ROWS = 10_000


def export(warehouse: Warehouse, sql: str, path: Path, form: Format, *, seconds: float = SECONDS) -> None:
    """Writes the whole answer of a user's SELECT to `path`. Raises QueryError as `query.run` does; then `path` may hold a part.

    - csv: a header, then rows. Text that a spreadsheet would take for a formula (it begins with = + - @, tab or return, and is no number)
      gets an apostrophe in front.
    - json: one array of objects. Decimals are numbers as they stand, times ISO 8601 in UTC, bytes base64, NaN and infinity null.
    - parquet: as DuckDB writes it.
    - table: aligned columns.
    """
    if form == "parquet":
        _parquet(warehouse, sql, path, seconds)
        return
    with answering(warehouse, sql, seconds) as answer, path.open("w", encoding="utf-8", newline="") as file:
        _WRITERS[form](answer, file)


def write_csv(warehouse: Cursors, sql: str, path: Path, *, seconds: float = SECONDS) -> None:
    """As `export` in the form csv."""
    with answering(warehouse, sql, seconds) as answer, path.open("w", encoding="utf-8", newline="") as file:
        _csv(answer, file)


def safe_cell(value: Any) -> Any:
    """A value as a cell of a CSV file that spreadsheets open without running it."""
    return safe(value) if isinstance(value, str) else plain(value)


def plain(value: Any) -> str:
    """A value as text: NULL is empty, times are ISO 8601 in UTC, lists and structs are JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z"
    if isinstance(value, list | dict | tuple | bytes):
        return encode(value).decode()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _csv(answer: duckdb.DuckDBPyConnection, file: IO[str]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in described(answer)[0]])
    for row in _rows(answer):
        writer.writerow([safe_cell(value) for value in row])


def _json(answer: duckdb.DuckDBPyConnection, file: IO[str]) -> None:
    names = _distinct(described(answer)[0])
    before = "[\n"
    for row in _rows(answer):
        file.write(before + encode(dict(zip(names, row, strict=True))).decode())
        before = ",\n"
    file.write("[]\n" if before == "[\n" else "\n]\n")


def _table(answer: duckdb.DuckDBPyConnection, file: IO[str]) -> None:
    names, types = described(answer)
    rows = [[_one_line(plain(value)) for value in row] for row in _rows(answer)]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    right = [kind not in ("VARCHAR", "BOOLEAN", "TIMESTAMP", "DATE") for kind in types]
    for line in (list(names), ["-" * width for width in widths], *rows):
        cells = (cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(line, widths, right, strict=True))
        file.write("  ".join(cells).rstrip() + "\n")


def _parquet(warehouse: Warehouse, sql: str, path: Path, seconds: float) -> None:
    """DuckDB writes into its own folder only, so the file is made there and moved."""
    made = stage_folder(warehouse.root) / f"answer-{uuid.uuid4().hex}.parquet"
    try:
        with read_only(warehouse, seconds) as cursor:
            text = checked(cursor, sql)
            cursor.execute(f"COPY (\n{text}\n) TO {literal(str(made))} (FORMAT parquet, COMPRESSION zstd)")
        shutil.move(made, path)
    finally:
        made.unlink(missing_ok=True)


def _rows(answer: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := answer.fetchmany(_ROWS):
        yield from rows


def _distinct(names: tuple[str, ...]) -> list[str]:
    """Names as keys of one object: a second `a` is `a_1`."""
    taken: list[str] = []
    for name in names:
        candidates = (name, *(f"{name}_{number}" for number in range(1, len(names) + 1)))
        taken.append(next(candidate for candidate in candidates if candidate not in taken))
    return taken


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


def encode(value: Any) -> bytes:
    """JSON of values as the database gives them: times ISO 8601 in UTC, decimals as they stand, NaN and infinity null."""
    return _ENCODER.encode(_finite(value))


def _finite(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(member) for member in value]
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z"
    return _exact(value)


def _exact(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    return value if isinstance(value, _AS_IS) else str(value)


_PLAIN = (str, bool, type(None))
_AS_IS = (str, int, Decimal, dt.date, type(None))
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_WRITERS: dict[str, Callable[[duckdb.DuckDBPyConnection, IO[str]], None]] = {"csv": _csv, "json": _json, "table": _table}
