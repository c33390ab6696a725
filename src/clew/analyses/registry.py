"""The reports there are, each with its params and SQL."""
# ruff: noqa: S608 - a report's own SQL, or a user's, which is checked where it runs

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clew.analyses import files, funnel, lifecycle, paths, retention, stickiness, trends
from clew.analyses.asked import Asked
from clew.analyses.charts import BUILT_IN, Chart, of_header
from clew.config import Settings
from clew.errors import QueryError


class Report(NamedTuple):
    """A registered analysis."""

    name: str
    help: str
    params: type[Asked]
    sql: Callable[[Any, Settings], str]


REPORTS = (
    Report("trends", "Events, people and what is counted of them, by hour to quarter.", trends.Params, trends.sql),
    Report("funnel", "How many get through steps, in which order, within which time.", funnel.Params, funnel.sql),
    Report("paths", "What is done one after the other.", paths.Params, paths.sql),
    Report("retention", "Of those first there in a period, how many are there so many periods later.", retention.Params, retention.sql),
    Report("lifecycle", "New, returning, resurrected and dormant, by period.", lifecycle.Params, lifecycle.sql),
    Report("stickiness", "Of those active within 28 days, how many are active on a day.", stickiness.Params, stickiness.sql),
)


class Question(NamedTuple):
    """A report with what it is asked: its SQL, and the params as JSON has them, defaults too. `header` is the `-- chart:` of a file."""

    report: str
    params: dict[str, Any]
    sql: str
    header: tuple[str, ...] = ()
    asked: Asked | None = None
    """The params of a built-in report."""

    @property
    def is_list(self) -> bool:
        """Whether it asks who is behind a number."""
        return any(self.params.get(name) for name in ("cell", "reached", "dropped")) and not self.header

    def chart(self, rows: Sequence[dict[str, Any]]) -> Chart | None:
        """The chart of its rows, in Plotly's JSON; None where there is none to draw."""
        if self.report in BUILT_IN:
            return BUILT_IN[self.report](self.params, rows) if rows and not self.is_list else None
        return of_header(self.header, rows)


def question(name: str, given: Mapping[str, Any], settings: Settings, root: Path) -> Question:
    """What is asked of a built-in report, the project's own or the playbook's. Raises QueryError, naming the param or the reports there are."""
    report = next((each for each in REPORTS if each.name == name), None)
    if report is not None:
        params = _converted(report, given)
        return Question(name, msgspec.to_builtins(params), report.sql(params, settings), asked=params)
    file = files.find(root, name)
    if file is None:
        names = [*(each.name for each in REPORTS), *(each.name for each in (*files.playbook(), *files.own(root)))]
        raise QueryError(f"expected a report among {', '.join(names)}, found {name!r}")
    texts = {key: str(value) for key, value in given.items()}
    return Question(name, dict(file.told(texts)), file.sql(texts), file.chart)


def _converted(report: Report, given: Mapping[str, Any]) -> Asked:
    try:
        return msgspec.convert(dict(given), report.params, strict=False)
    except msgspec.ValidationError as error:
        raise QueryError(f"report {report.name}: {error}") from error


def with_build(sql: str, most: int | None = None) -> str:
    """`sql` as one SELECT of one row: `data_as_of` of the newest build, and the rows as a list: so both are of one build."""
    limit = "" if most is None else f" LIMIT {most}"
    return f"""SELECT
    (SELECT data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS data_as_of,
    (SELECT list(answer ORDER BY place) FROM (SELECT answer, row_number() OVER () AS place FROM (
{sql.rstrip().rstrip(";")}
) AS answer{limit})) AS rows"""
