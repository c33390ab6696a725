"""The numbers of the page: what each is called, read from, written as, and means."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from clew.analyses import definitions
from clew.analyses.session_metrics import Numbers
from clew.config import Settings
from clew.web import numbers
from clew.web.numbers import Change
from clew.web.overview.tiles import NO_CHANGE, Tile

COUNT, SHARE, SECONDS, RATIO = "count", "share", "seconds", "ratio"
_WRITTEN: dict[str, Callable[[float | None], str]] = {
    COUNT: lambda x: numbers.NONE if x is None else numbers.exact(int(x)),
    SHARE: numbers.percent,
    SECONDS: numbers.duration,
    RATIO: lambda x: numbers.NONE if x is None else f"{x:,.2f}",
}


def written(unit: str, value: float | None) -> str:
    """A value of the unit, as pages write it."""
    return _WRITTEN[unit](value)


def changed(unit: str, now: float | None, before: float | None, samples: tuple[int, int], more_is: str = "") -> Change:
    """The change of a value of the unit. Rates and measures of few `samples` (now, before) are not compared."""
    if unit == COUNT:
        return numbers.change(now, before, more_is=more_is)
    if min(samples) < numbers.SMALL_SAMPLE:
        return NO_CHANGE
    return numbers.points(now, before, more_is=more_is) if unit == SHARE else numbers.relative(now, before)


_HEADS = {"per_person": "Per person", "new": "New", "returning": "Returning", "median": "Median", "mean": "Mean", "events": "Events each"}


class Metric(NamedTuple):
    """A number of the page. `more_is` says whether more of it is good, bad, or neither (empty)."""

    key: str
    title: str
    unit: str
    of: Callable[[Numbers], float | None]
    definition: Callable[[Settings], str]
    note: Callable[[Numbers], str]
    more_is: str = ""

    @property
    def head(self) -> str:
        """Its name at the head of a column."""
        return _HEADS.get(self.key, self.title)

    def written(self, found: Numbers) -> str:
        return written(self.unit, self.of(found))

    def tile(self, now: Numbers, before: Numbers | None) -> Tile:
        """The number as its tile shows it, compared with the period before where that can be."""
        value = self.of(now)
        few = self.unit != COUNT and 0 < now.sessions < numbers.SMALL_SAMPLE
        text = numbers.tile(int(value)) if self.unit == COUNT and value is not None else self.written(now)
        note = " · ".join(part for part in (self.note(now), "small sample" if few else "") if part)
        return Tile(text=text, exact=f"{self.title}: {self.written(now)}", note=note, change=self._change(now, before))

    def _change(self, now: Numbers, before: Numbers | None) -> Change:
        if before is None:
            return NO_CHANGE
        return changed(self.unit, self.of(now), self.of(before), (now.sessions, before.sessions), self.more_is)


def _of_people(count: int, people: int) -> str:
    return f"{numbers.percent(count / people)} of people" if people else ""


METRICS = (
    Metric("sessions", "Sessions", COUNT, lambda n: n.sessions, definitions.sessions, lambda n: f"{numbers.tile(n.events)} events in them", "good"),
    Metric(
        "people",
        "People",
        COUNT,
        lambda n: n.people,
        definitions.session_people,
        lambda n: f"{numbers.tile(n.new_people)} new, {numbers.tile(n.returning_people)} returning",
        "good",
    ),
    Metric(
        "per_person",
        "Sessions per person",
        RATIO,
        lambda n: n.sessions_per_person,
        definitions.sessions_per_person,
        lambda n: "counted over the range",
    ),
    Metric("new", "New people", COUNT, lambda n: n.new_people, definitions.new_people, lambda n: _of_people(n.new_people, n.people), "good"),
    Metric(
        "returning",
        "Returning people",
        COUNT,
        lambda n: n.returning_people,
        definitions.returning_people,
        lambda n: _of_people(n.returning_people, n.people),
        "good",
    ),
    Metric(
        "bounce",
        "Bounce rate",
        SHARE,
        lambda n: n.bounce_rate,
        definitions.bounce_rate,
        lambda n: f"{numbers.tile(n.bounced)} of {numbers.tile(n.sessions)} sessions",
        "bad",
    ),
    Metric("median", "Median duration", SECONDS, lambda n: n.median_seconds, definitions.median_duration, lambda n: "half last no longer"),
    Metric(
        "mean", "Mean duration", SECONDS, lambda n: n.mean_seconds, definitions.mean_duration, lambda n: "without the buffer after the last event"
    ),
    Metric(
        "events",
        "Events per session",
        RATIO,
        lambda n: n.events_per_session,
        definitions.events_per_session,
        lambda n: f"{numbers.tile(n.events)} events",
    ),
)
BY_KEY = {metric.key: metric for metric in METRICS}
EMPTY = Tile()
