"""Schedules: a saved report is written into a file each day from an hour on."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from clew.errors import StateError
from clew.state.file import StateFile
from clew.state.saved import by_id

Form = Literal["csv", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
_ALL = """SELECT schedule_id, saved_id, name, report, query, form, hour, last_day, last_error
FROM schedules JOIN saved USING (saved_id)"""


class Schedule(NamedTuple):
    """`hour` is of the project's local day. `last_day` is the day of the last file, empty before the first; `last_error` why that day has none."""

    schedule_id: int
    saved_id: int
    name: str
    report: str
    query: str
    form: Form
    hour: int
    last_day: str
    last_error: str


def schedule(file: StateFile, saved_id: int, form: str, hour: str, by: str) -> None:
    """Raises StateError where there is no such report, form or hour, or the same is there already."""
    by_id(file, saved_id)
    if form not in FORMS or not (hour.isascii() and hour.isdigit() and int(hour) < 24):
        raise StateError(f"expected a form among {', '.join(FORMS)} and an hour from 0 to 23, found {form[:20]!r} and {hour[:20]!r}")
    with file.transaction() as run:
        done = run(
            """INSERT INTO schedules (saved_id, form, hour, made_at, made_by, last_day, last_error)
            VALUES (?, ?, ?, ?, ?, '', '') ON CONFLICT DO NOTHING""",
            (saved_id, form, int(hour), file.now(), by),
        )
    if not done.rowcount:
        raise StateError(f"expected another form or hour, found {form} at {int(hour)}: that schedule is there")


def all_schedules(file: StateFile) -> list[Schedule]:
    """By the report's name."""
    return [Schedule(*row) for row in file.all(f"{_ALL} ORDER BY name, hour, form")]


def ran(file: StateFile, schedule_id: int, day: str, error: str = "") -> None:
    """Note that a day is done, or why it has no file."""
    with file.transaction() as run:
        run("UPDATE schedules SET last_day = ?, last_error = ? WHERE schedule_id = ?", (day, error, schedule_id))


def unschedule(file: StateFile, saved_id: int, schedule_id: str) -> None:
    """Raises StateError where there is none."""
    with file.transaction() as run:
        done = run("DELETE FROM schedules WHERE saved_id = ? AND schedule_id = ?", (saved_id, schedule_id))
    if not done.rowcount:
        raise StateError("expected a schedule of this report, found none: it may have been deleted")
