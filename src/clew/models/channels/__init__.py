"""Which channel a session came by: three tables, data files that the owner may replace.

`click_ids.csv` (click_id, channel), `utm.csv` (medium, source, channel; `*` = any) and `referrers.csv` (host, channel; a host stands for its
subdomains too). A file of the same name in the project's folder `channels/` takes the place of the one shipped here. The first row that fits wins.
"""
# ruff: noqa: S608 - the values are literals made here

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from clew.errors import ConfigError
from clew.quoting import literal

TABLES = {"click_ids": ("click_id", "channel"), "utm": ("medium", "source", "channel"), "referrers": ("host", "channel")}
_SHIPPED = Path(__file__).parent


class Tables(NamedTuple):
    """The three tables, each as an SQL query of its columns and `line`, its row's number."""

    click_ids: str
    utm: str
    referrers: str


def tables(root: Path | None) -> Tables:
    """The tables of the project in `root` (None: those shipped). Raises ConfigError for a file that is not such a table."""
    return Tables(**{name: _query(columns, _rows(_file(root, name), columns)) for name, columns in TABLES.items()})


def _file(root: Path | None, name: str) -> Path:
    own = root / "channels" / f"{name}.csv" if root else None
    return own if own and own.is_file() else _SHIPPED / f"{name}.csv"


def _rows(path: Path, columns: tuple[str, ...]) -> list[list[str]]:
    try:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise ConfigError(f"{path}: not a CSV file in UTF-8: {error}") from error
    if not rows or tuple(rows[0]) != columns:
        raise ConfigError(f"{path}: expected the header {','.join(columns)}, found {','.join(rows[0]) if rows else 'an empty file'}")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(columns) or not all(row):
            raise ConfigError(f"{path}, line {number}: expected {len(columns)} values, found {','.join(row)!r}")
    return rows[1:]


def _query(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    names = ", ".join(("line", *columns))
    if not rows:
        return "SELECT 0 AS line, " + ", ".join(f"'' AS {c}" for c in columns) + " WHERE false"
    lines = (f"({n}, {', '.join(_literal(c, v) for c, v in zip(columns, row, strict=True))})" for n, row in enumerate(rows, 1))
    return f"SELECT * FROM (VALUES {', '.join(lines)}) AS channels ({names})"


def _literal(column: str, value: str) -> str:
    kept = value if column in ("channel", "click_id") else value.lower()
    return literal(kept)
