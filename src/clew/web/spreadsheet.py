"""Tables of pages as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from clew.spreadsheet import safe

Cell = str | int | float | None


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The table as CSV (RFC 4180). Numbers stay numbers; texts that begin like a formula get a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(_safe, header))
    writer.writerows(map(_safe, row) for row in rows)
    return out.getvalue()


def _safe(cell: Cell) -> Cell:
    return safe(cell) if isinstance(cell, str) else cell
