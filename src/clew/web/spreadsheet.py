"""Tables of pages as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from clew.spreadsheet import safe

Cell = str | int | float | None


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The table as CSV (RFC 4180). Numbers stay numbers; texts that begin like a formula get a leading apostrophe."""
    return _written([header, *rows])


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]], at_once: int = 2000) -> Iterator[str]:
    """The same in pieces, as the rows come: for tables that are too long to be held."""
    waiting = chain([header], rows)
    while taken := list(islice(waiting, at_once)):
        yield _written(taken)


def _written(rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(map(_safe, row) for row in rows)
    return out.getvalue()


def _safe(cell: Cell) -> Cell:
    return safe(cell) if isinstance(cell, str) else cell
