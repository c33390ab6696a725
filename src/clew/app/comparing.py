"""What the command line asks of two groups of a report."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from clew import clock
from clew.analyses.comparing import Line, lines, parts
from clew.api import Clew
from clew.app.kept import newest_build
from clew.errors import QueryError
from clew.web.comparing.question import Comparison, Group, read_comparison


class Answer(NamedTuple):
    """Both groups, and each share of theirs."""

    report: str
    a: str
    b: str
    lines: list[Line]
    data_as_of: str

    def as_json(self) -> dict[str, Any]:
        """`report`, `a`, `b`, `data_as_of` and `rows`."""
        return {"report": self.report, "a": self.a, "b": self.b, "data_as_of": self.data_as_of, "rows": [line.as_json() for line in self.lines]}


def compare(clew: Clew, name: str, asked: list[tuple[str, str]]) -> Answer:
    """Raises QueryError for groups that cannot be compared."""
    build = newest_build(clew)
    # Without dates the range is the 28 days up to the newest build, as of all reports.
    try:
        found = read_comparison(name, QueryParams(urlencode(asked)), clew.settings, clew.root, build)
    except HTTPException as error:
        raise QueryError(error.detail) from error
    return _answer(clew, found, clock.iso(build.data_as_of))


def _answer(clew: Clew, found: Comparison, data_as_of: str) -> Answer:
    if found.groups is None:
        raise QueryError(found.missing)
    a, b = found.groups
    shares = [parts(found.asked.name, clew.report(group.asked.name, **group.asked.given).rows, group.value) for group in (a, b)]
    return Answer(found.asked.name, _title(a), _title(b), lines(*shares), data_as_of)


def _title(group: Group) -> str:
    return group.title.replace(" – ", " to ")
