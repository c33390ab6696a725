"""Forgetting a person from beginning to end. Each step is written down in `state.sqlite`, and may be done again.

1. `asked`: who it is stands in the state; what is theirs is marked in the database, before anything goes.
2. `log`: it is gone from both logs. The mark is what it is known by, so the logs go first.
3. It is gone from the database, in one transaction that also takes the mark away. A build makes the people concerned anew and the timeline without
   theirs, and the texts that nothing refers to go.
4. `done`: the database's file is written over, and the identifiers go from the state.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb

from clew.config import Settings
from clew.errors import BuildError, IdentityError
from clew.forget import database, file, person
from clew.forget.logs import erase_from_logs, erase_repeats
from clew.forget.names import Names
from clew.models import build_if_needed
from clew.models.building import ONE_AT_A_TIME
from clew.state import Forget, Named, StateFile
from clew.state.forgets import ask, drop_denials, finish, forgets_of, named_in, note, unfinished
from clew.timelines.upkeep import keep
from clew.warehouse import Warehouse


class Project(NamedTuple):
    """What a request works on. Nothing may be loaded meanwhile."""

    warehouse: Warehouse
    root: Path
    settings: Settings
    state: StateFile


def forget(project: Project, identifier: str, space: str, by: str, load: Callable[[], None]) -> Forget:
    """Forget the person of `identifier`, with all that is acknowledged by now (`load` loads it). Returns when nothing is left.

    Raises ConfigError, IdentityError, BuildError; LogError where a chunk is damaged or the disk full: the request is kept, and tried again.
    """
    person.check(project.settings)
    finished = finish_all(project)
    load()
    build_if_needed(project.warehouse, project.settings, project.root)
    with project.warehouse.cursor() as cursor:
        try:
            named = person.find(cursor, identifier, space)
        except IdentityError:
            # Asked before, and finished just now.
            if same := [done for done in forgets_of(project.state, identifier) if done in finished and done.space == space]:
                return same[0]
            raise
        return _finish(project, cursor, ask(project.state, identifier, named, by))


def finish_all(project: Project) -> list[Forget]:
    """Finish what a crash or an error left undone, and take repeats of what was forgotten out of the log. Raises as `forget`."""
    with project.warehouse.cursor() as cursor:
        finished = [_finish(project, cursor, left) for left in unfinished(project.state)]
        if database.some_repeats(cursor):
            erase_repeats(cursor, project.root)
            database.drop_repeats(cursor)
    return finished


def _finish(project: Project, cursor: duckdb.DuckDBPyConnection, request: Forget) -> Forget:
    try:
        return _steps(project, cursor, request)
    except duckdb.Error as error:
        raise BuildError(f"what is to be forgotten could not be taken out of the database, and is tried again at the next start: {error}") from error


def _steps(project: Project, cursor: duckdb.DuckDBPyConnection, request: Forget) -> Forget:
    named = named_in(project.state, request)
    if request.status == "asked":
        request = _out_of_logs(project, cursor, request, named)
    database.erase_rows(cursor, request.forget_id)
    drop_denials(project.state, named)
    result, _ = build_if_needed(project.warehouse, project.settings, project.root)
    keep(cursor, project.settings, project.root, result)
    database.tidy(cursor, named)
    with ONE_AT_A_TIME:
        file.overwrite(cursor, person.built_schema(cursor))
    return finish(project.state, request)


def _out_of_logs(project: Project, cursor: duckdb.DuckDBPyConnection, request: Forget, named: Named) -> Forget:
    names = Names(named, project.settings.identity.space)
    messages = database.mark(cursor, request.forget_id, named, names)
    records, refused = erase_from_logs(cursor, project.root, request.forget_id, names)
    # After a crash some may have gone before: those are counted as far as the marks know them.
    request = request._replace(status="log", messages=messages, log_records=request.log_records + records, refused=request.refused + refused)
    note(project.state, request)
    return request
