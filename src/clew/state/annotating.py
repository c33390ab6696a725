"""Annotations: what happened on a day, for everybody who looks at charts."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from clew.errors import StateError
from clew.state.file import StateFile
from clew.state.names import named


class Annotation(NamedTuple):
    """`day` is a local day of the project; `made_at` in microseconds since 1970 UTC."""

    annotation_id: int
    day: dt.date
    text: str
    made_at: int
    made_by: str


def annotate(file: StateFile, day: str, text: str, by: str) -> None:
    """Keep what happened on a day (2026-11-02). Raises StateError where the day is none, or the text cannot be one."""
    found = _day(day)
    with file.transaction() as run:
        run("INSERT INTO annotations (day, text, made_at, made_by) VALUES (?, ?, ?, ?)", (found.isoformat(), named(text), file.now(), by))


def all_annotations(file: StateFile, first: dt.date = dt.date.min, last: dt.date = dt.date.max) -> list[Annotation]:
    """Those of the days from `first` to `last`, newest first."""
    rows = file.all(
        """SELECT annotation_id, day, text, made_at, made_by FROM annotations WHERE day BETWEEN ? AND ?
        ORDER BY day DESC, annotation_id DESC""",
        first.isoformat(),
        last.isoformat(),
    )
    return [Annotation(row[0], dt.date.fromisoformat(row[1]), *row[2:]) for row in rows]


def delete(file: StateFile, annotation_id: int) -> None:
    """Raises StateError where there is none of that number."""
    with file.transaction() as run:
        done = run("DELETE FROM annotations WHERE annotation_id = ?", (annotation_id,))
    if not done.rowcount:
        raise StateError(f"expected the number of an annotation, found {annotation_id}: it may have been deleted")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise StateError(f"expected a day such as 2026-11-02, found {text[:40]!r}") from error
