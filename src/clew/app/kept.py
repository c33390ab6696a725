"""What the command line asks of what is kept: saved reports, annotations, audiences."""

from __future__ import annotations

from typing import NamedTuple

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from clew import clock
from clew.analyses.answer import Answer
from clew.api import Clew
from clew.app.identity import who
from clew.config import Paths
from clew.errors import QueryError
from clew.state import State, annotating, audiences, saved
from clew.web.kept.people import read_members, words
from clew.web.reports.question import Asked, Build, read_at

_NEWEST = "SELECT build_id, data_as_of FROM clew.builds WHERE data_as_of IS NOT NULL ORDER BY build_id DESC LIMIT 1"


def annotate(clew: Clew, day: str, text: str) -> None:
    """Keep what happened on a day. Raises StateError."""
    with State.open(Paths(clew.root).state) as state:
        annotating.annotate(state, day, text, who())


def all_annotations(clew: Clew) -> list[annotating.Annotation]:
    """All, newest first."""
    with State.open(Paths(clew.root).state) as state:
        return annotating.all_annotations(state)


def delete_annotation(clew: Clew, number: int) -> None:
    """Raises StateError."""
    with State.open(Paths(clew.root).state) as state:
        annotating.delete(state, number)


class AudiencePeople(NamedTuple):
    """An audience at the newest build; `people` are universal ids, `data_as_of` is in microseconds since 1970 UTC."""

    name: str
    asks: str
    data_as_of: int
    people: list[str]


def all_audiences(clew: Clew) -> list[audiences.Audience]:
    """By name, as they were last counted."""
    with State.open(Paths(clew.root).state) as state:
        return audiences.all_audiences(state)


def audience_people(clew: Clew, name: str) -> AudiencePeople:
    """Who is in an audience now; their number is kept. Raises StateError, QueryError."""
    with State.open(Paths(clew.root).state) as state:
        found = audiences.by_name(state, name)
        build = newest_build(clew)
        members = read_members(found.report, found.query, clew.settings, clew.root, build)
        people = [row["universal_user_id"] for row in clew.query(members.sql)]
        audiences.counted(state, found.audience_id, audiences.Count(len(people), *build))
    return AudiencePeople(found.name, words(found.report, found.query), build.data_as_of, people)


def saved_reports(clew: Clew) -> list[saved.Saved]:
    """All, by name."""
    with State.open(Paths(clew.root).state) as state:
        return saved.all_saved(state)


def ask_saved(clew: Clew, name: str, seconds: float | None = None) -> Answer:
    """The answer of a saved report at the newest build. Raises StateError, QueryError."""
    asked = read_saved(clew, name)
    return clew.report(asked.name, seconds=seconds, **asked.given)


def read_saved(clew: Clew, name: str) -> Asked:
    """What a saved report asks now: its range of dates ends on the day of the newest build. Raises StateError, QueryError."""
    with State.open(Paths(clew.root).state) as state:
        found = saved.by_name(state, name)
    return read_query(clew, found.report, found.query)


def read_query(clew: Clew, report: str, query: str) -> Asked:
    """What a report's address asks at the newest build. Raises QueryError."""
    try:
        asked = read_at(report, QueryParams(query), clew.settings, clew.root, newest_build(clew))
    except HTTPException as error:
        raise QueryError(error.detail) from error
    if asked.question is None:
        raise QueryError(asked.refusal)
    return asked


def newest_build(clew: Clew) -> Build:
    """Raises QueryError where nothing is built yet."""
    try:
        rows = clew.query(_NEWEST)
    except QueryError:
        rows = []  # before the first build there is no such table
    if not rows:
        raise QueryError("expected a build, found none: run `clew build`")
    return Build(rows[0]["build_id"], clock.parse_time(rows[0]["data_as_of"]) or 0)
