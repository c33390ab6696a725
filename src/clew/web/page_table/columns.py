"""The numbers of a page: what each is called, read from, written as, and means."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from clew.analyses import definitions
from clew.analyses.pages import Numbers
from clew.config import Settings
from clew.web import numbers
from clew.web.metrics.metric import COUNT, RATIO, SECONDS, SHARE, changed, written
from clew.web.numbers import Change
from clew.web.overview.tiles import NO_CHANGE, Tile


class Column(NamedTuple):
    """A number of a page. `samples` are what a rate or measure is made of; few of them are marked. Those with a `note` have a tile."""

    key: str
    title: str
    head: str
    unit: str
    of: Callable[[Numbers], float | None]
    samples: Callable[[Numbers], int]
    definition: Callable[[Settings], str]
    note: Callable[[Numbers], str] | None = None
    more_is: str = ""

    def written(self, found: Numbers) -> str:
        return written(self.unit, self.of(found))

    def is_few(self, found: Numbers) -> bool:
        return self.unit != COUNT and 0 < self.samples(found) < numbers.SMALL_SAMPLE

    def change(self, now: Numbers, before: Numbers | None) -> Change:
        if before is None:
            return NO_CHANGE
        return changed(self.unit, self.of(now), self.of(before), (self.samples(now), self.samples(before)), self.more_is)

    def tile(self, now: Numbers, before: Numbers | None) -> Tile:
        """The number as its tile shows it, compared with the period before where that can be."""
        value = self.of(now)
        text = numbers.tile(int(value)) if self.unit == COUNT and value is not None else self.written(now)
        note = " · ".join(part for part in (self.note(now) if self.note else "", "small sample" if self.is_few(now) else "") if part)
        return Tile(text=text, exact=f"{self.title}: {self.written(now)}", note=note, change=self.change(now, before))


def _unmeasured(n: Numbers) -> str:
    return f"of {numbers.tile(n.timed)} views that something follows"


def _bounced(n: Numbers) -> str:
    return f"{numbers.tile(n.bounced)} of {numbers.tile(n.entrances)} entrances"


COLUMNS = (
    Column("views", "Views", "Views", COUNT, lambda n: n.views, lambda n: n.views, definitions.page_views, lambda n: "of pages, in sessions", "good"),
    Column(
        "sessions",
        "Sessions with a page",
        "Sessions",
        COUNT,
        lambda n: n.sessions,
        lambda n: n.sessions,
        definitions.page_sessions,
        lambda n: f"{numbers.tile(n.entrances)} entrances",
        "good",
    ),
    Column(
        "each",
        "Views per session",
        "Views each",
        RATIO,
        lambda n: n.views_per_session,
        lambda n: n.sessions,
        definitions.views_per_session,
        lambda n: "counted over the range",
    ),
    Column("entrances", "Entrances", "Entrances", COUNT, lambda n: n.entrances, lambda n: n.entrances, definitions.entrances, more_is="good"),
    Column(
        "bounce", "Bounce rate", "Bounce rate", SHARE, lambda n: n.bounce_rate, lambda n: n.entrances, definitions.page_bounce_rate, _bounced, "bad"
    ),
    Column("exits", "Exits", "Exits", COUNT, lambda n: n.exits, lambda n: n.exits, definitions.exits),
    Column("exit_rate", "Exit rate", "Exit rate", SHARE, lambda n: n.exit_rate, lambda n: n.sessions, definitions.exit_rate),
    Column(
        "median",
        "Median time on page",
        "Median",
        SECONDS,
        lambda n: n.median_seconds,
        lambda n: n.timed,
        definitions.median_time_on_page,
        _unmeasured,
    ),
    Column("mean", "Mean time on page", "Mean", SECONDS, lambda n: n.mean_seconds, lambda n: n.timed, definitions.mean_time_on_page, _unmeasured),
)
BY_KEY = {column.key: column for column in COLUMNS}
TILES = tuple(column for column in COLUMNS if column.note)
