"""What a URL asks of a report, at a build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from clew.analyses import files
from clew.analyses.files import FileReport
from clew.analyses.registry import REPORTS, Question, Report, question
from clew.config import Settings
from clew.errors import QueryError
from clew.web import ranges
from clew.web.context import Context
from clew.web.ranges import Range
from clew.web.render import local

BUILT_IN = {report.name: report for report in REPORTS}


class Asked(NamedTuple):
    """`given` is what the URL says; `question` is None where that cannot be asked, and `refusal` says why. `range` is None for files."""

    name: str
    report: Report | None
    file: FileReport | None
    range: Range | None
    given: dict[str, Any]
    question: Question | None
    refusal: str
    build_id: int
    today: dt.date

    @property
    def title(self) -> str:
        return self.file.title if self.file else TITLES[self.name]

    @property
    def is_list(self) -> bool:
        """Whether it asks who is behind a number."""
        return self.question is not None and self.question.is_list

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked yet: a funnel without a step."""
        return self.name == "funnel" and not self.given.get("step")

    @property
    def behind(self) -> str:
        """Of which number the list is, in words."""
        for key, words in (("reached", "who reached step {}"), ("dropped", "who reached the step before and not step {}")):
            if key in self.given:
                return ", ".join([words.format(self.given[key]), *self.given.get("cell", ())])
        return f"who is behind {', '.join(self.given.get('cell', ()))}"

    @property
    def path(self) -> str:
        """Of its page."""
        return f"/reports/{self.name}" if self.file else f"/{self.name}"


class Build(NamedTuple):
    """At which a question is asked; `data_as_of` is in microseconds since 1970 UTC."""

    build_id: int
    data_as_of: int


TITLES = {"trends": "Trends", "funnel": "Funnel", "paths": "Paths", "retention": "Retention", "lifecycle": "Lifecycle", "stickiness": "Stickiness"}


def read(name: str, query: QueryParams, context: Context) -> Asked | None:
    """What the URL asks; None before the first build. Raises HTTPException where there is no such report, or the dates are none."""
    status = context.status()
    if status.build_id is None or status.data_as_of is None:
        return None
    return read_at(name, query, context.settings, context.root, Build(status.build_id, status.data_as_of))


def read_at(name: str, query: QueryParams, settings: Settings, root: Path, build: Build) -> Asked:
    """The same at a build."""
    today = local(build.data_as_of, settings.project.timezone).date()
    if (report := BUILT_IN.get(name)) is not None:
        try:
            days = ranges.read(query, today)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        given = {**_given(report, query), "from": days.first.isoformat(), "to": days.last.isoformat()}
        return Asked(name, report, None, days, given, *_question(name, given, settings, root), build.build_id, today)
    file = _file(root, name)
    texts: dict[str, Any] = {param.name: query[param.name] for param in file.params if query.get(param.name)}
    return Asked(name, None, file, None, texts, *_question(name, texts, settings, root), build.build_id, today)


def _file(root: Path, name: str) -> FileReport:
    try:
        found = files.find(root, name)
    except QueryError as error:
        raise HTTPException(400, str(error)) from error
    if found is None:
        raise HTTPException(404, f"There is no report {name[:80]!r}: the reports page has all there are.")
    return found


def _question(name: str, given: Mapping[str, Any], settings: Settings, root: Path) -> tuple[Question | None, str]:
    try:
        return question(name, given, settings, root), ""
    except QueryError as error:
        return None, str(error)


def _given(report: Report, query: QueryParams) -> dict[str, Any]:
    """The params that the URL names. Empty values are those of empty fields."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(report.params):
        values = [value for value in query.getlist(field.encode_name) if value]
        if field.encode_name in ("from", "to") or not values:
            continue
        many = field.required or isinstance(field.default, tuple)
        found[field.encode_name] = values if many else values[-1]
    return found
