"""What a URL asks of the overview, at a build; and the URLs that ask a little differently."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from msgspec import structs

from clew.analyses.overview import Params
from clew.config import Settings
from clew.web import ranges
from clew.web.context import Status
from clew.web.ranges import Range
from clew.web.render import local

METRICS = ("sessions", "people", "bounce")


class Question(NamedTuple):
    """`before` is None where no comparison is wanted. `today` is the local day that `data_as_of` lies on."""

    range: Range
    now: Params
    before: Params | None
    build_id: int
    data_as_of: int
    today: dt.date


class View(NamedTuple):
    """A URL of the overview, as its template sees it."""

    range: Range
    metric: str
    source: str
    before: Params | None
    view: str
    query: str
    parameters: Mapping[str, str]

    @property
    def path(self) -> str:
        return "/"

    @property
    def compare(self) -> bool:
        return self.before is not None

    @property
    def fixed_link(self) -> str:
        """The same with its dates fixed, to share."""
        return self.link(**{"range": None, "from": self.range.first.isoformat(), "to": self.range.last.isoformat()})

    def link(self, **changes: str | None) -> str:
        """This page with some parameters changed, or left out (None)."""
        kept = {name: value for name, value in self.parameters.items() if name not in changes}
        text = urlencode({**kept, **{name: value for name, value in changes.items() if value is not None}})
        return f"/?{text}" if text else "/"

    @property
    def people(self) -> str:
        """The list of the active people."""
        return f"/people?{urlencode({'active_from': str(self.range.first), 'active_to': str(self.range.last), **self.of_source})}"

    @property
    def sessions(self) -> str:
        """The list of the sessions."""
        return f"/sessions?{urlencode({'from': str(self.range.first), 'to': str(self.range.last), **self.of_source})}"

    @property
    def bounced(self) -> str:
        """The list of the bounced sessions."""
        return f"{self.sessions}&bounced=true"

    @property
    def of_source(self) -> dict[str, str]:
        return {"source": self.source} if self.source else {}

    def kept(self, *without: str) -> list[tuple[str, str]]:
        """The parameters that a form carries along."""
        return [(name, value) for name, value in self.parameters.items() if name not in without]


def read_question(parameters: Mapping[str, str], status: Status, settings: Settings) -> Question | None:
    """What the URL asks; None before the first build. Raises ValueError for what cannot be asked."""
    if status.build_id is None or status.data_as_of is None:
        return None
    as_of = local(status.data_as_of, settings.project.timezone)
    asked = ranges.read(parameters, as_of.date())
    source = parameters.get("source") or None
    now = Params(first=asked.first, last=asked.last, source=source, blocked=settings.identity.blocked)
    before = _before(asked, now, as_of) if parameters.get("compare") != "off" else None
    return Question(asked, now, before, status.build_id, status.data_as_of, as_of.date())


def read_view(parameters: Mapping[str, str], question: Question) -> View:
    """How the page is to show it. What is not known is shown in the usual way."""
    metric = parameters.get("metric", "")
    return View(
        range=question.range,
        metric=metric if metric in METRICS else METRICS[0],
        source=question.now.source or "",
        before=question.before,
        view="table" if parameters.get("view") == "table" else "",
        query=urlencode(list(parameters.items())),
        parameters=parameters,
    )


def _before(asked: Range, now: Params, as_of: dt.datetime) -> Params:
    """The period before; where the last day asked is not over, only as much of its counterpart."""
    unfinished = asked.first <= as_of.date() <= asked.last
    until = ranges.same_moment(as_of, asked.days) if unfinished else None
    return structs.replace(now, first=asked.before.first, last=asked.before.last, until=until)
