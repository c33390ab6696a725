"""What a URL asks of the session metrics, at a build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import structs
from starlette.datastructures import QueryParams

from clew.analyses.dimensions import Dimension
from clew.analyses.periods import GRAINS, Grain, Period
from clew.analyses.session_metrics import Params
from clew.config import Settings
from clew.web import ranges
from clew.web.context import Status
from clew.web.ranges import Range
from clew.web.render import local

MOST_LINES = 8
"""As many hues as there are."""


class Question(NamedTuple):
    """`before` is None where no comparison is wanted. `drawn`: the values whose lines the chart shows. `today`: the local day of `data_as_of`."""

    range: Range
    now: Params
    before: Params | None
    by: Dimension | None
    filters: tuple[tuple[Dimension, str], ...]
    drawn: tuple[str, ...]
    build_id: int
    data_as_of: int
    today: dt.date

    @property
    def unfinished(self) -> Period | None:
        """The last period with data, where it is not over at `data_as_of`, or where the range cuts it off."""
        past = [period for period in self.now.periods if period.first <= self.today]
        return past[-1] if past and (past[-1].ends >= self.today or past[-1].last < past[-1].ends) else None

    @property
    def begun(self) -> Period | None:
        """The first period, where the range begins within it."""
        first = self.now.periods[0]
        return first if first.starts < first.first else None

    def is_part(self, period: Period) -> bool:
        return period in (self.unfinished, self.begun)


def read_question(query: QueryParams, status: Status, settings: Settings, dimensions: Sequence[Dimension]) -> Question | None:
    """What the URL asks; None before the first build. Raises ValueError for what cannot be asked."""
    if status.build_id is None or status.data_as_of is None:
        return None
    as_of = local(status.data_as_of, settings.project.timezone)
    asked = ranges.read(query, as_of.date())
    by = _by(query.get("by", ""), dimensions)
    filters = tuple((dimension, query[dimension.key]) for dimension in dimensions if dimension.key in query)
    now = Params(
        first=asked.first,
        last=asked.last,
        grain=_grain(query),
        week_starts=settings.project.week_starts,
        filters=tuple((dimension.key, value) for dimension, value in filters),
        by=by.key if by else "",
    )
    before = _before(asked, now, as_of) if query.get("compare") != "off" else None
    drawn = tuple(dict.fromkeys(query.getlist("draw")))[:MOST_LINES] if by else ()
    return Question(asked, now, before, by, filters, drawn, status.build_id, status.data_as_of, as_of.date())


def _grain(query: Mapping[str, str]) -> Grain:
    grain = query.get("grain", GRAINS[0])
    if grain not in GRAINS:
        raise ValueError(f"expected grain= one of {', '.join(GRAINS)}, found {grain!r}")
    return grain


def _by(key: str, dimensions: Sequence[Dimension]) -> Dimension | None:
    found = [dimension for dimension in dimensions if dimension.key == key]
    if key and not found:
        raise ValueError(f"expected by= one of {', '.join(dimension.key for dimension in dimensions)}, found {key!r}")
    return found[0] if found else None


def _before(asked: Range, now: Params, as_of: dt.datetime) -> Params:
    """The period before, laid upon this one; where the last day asked is not over, only as much of its counterpart."""
    unfinished = asked.first <= as_of.date() <= asked.last
    until = ranges.same_moment(as_of, asked.days) if unfinished else None
    return structs.replace(now, first=asked.before.first, last=asked.before.last, until=until, shift=asked.days)
