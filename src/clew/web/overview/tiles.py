"""The overview's numbers in words: a tile each, and the JSON that the chart is drawn from."""

from __future__ import annotations

import datetime as dt

import msgspec

from clew.analyses.overview import Numbers, Overview
from clew.web import numbers
from clew.web.numbers import Change
from clew.web.overview.answers import Answer
from clew.web.overview.question import METRICS, Question

NO_CHANGE = Change("", "")


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A number as its tile shows it. `note` stands under it; `change` compares with the period before."""

    text: str = ""
    exact: str = ""
    note: str = ""
    change: Change = NO_CHANGE


def tiles(answer: Answer | None) -> dict[str, Tile]:
    """A tile for each of `METRICS`; empty ones while there is no answer."""
    if answer is None:
        return {name: Tile() for name in METRICS}
    now, before = answer.now.total, answer.before.total if answer.before else None
    return dict(zip(METRICS, (_sessions(now, before), _people(now, before), _bounce(now, before)), strict=True))


def _sessions(now: Numbers, before: Numbers | None) -> Tile:
    change = numbers.change(now.sessions, before.sessions) if before else NO_CHANGE
    note = f"{now.sessions / now.people:.2f} per active person" if now.people else ""
    return Tile(text=numbers.tile(now.sessions), exact=f"{now.sessions:,} sessions", note=note, change=change)


def _people(now: Numbers, before: Numbers | None) -> Tile:
    change = numbers.change(now.people, before.people) if before else NO_CHANGE
    note = f"{numbers.tile(now.raw_ids)} raw {'id' if now.raw_ids == 1 else 'ids'}, {numbers.tile(now.joined)} joined by stitching"
    return Tile(text=numbers.tile(now.people), exact=f"{now.people:,} people, {now.raw_ids:,} raw ids", note=note, change=change)


def _bounce(now: Numbers, before: Numbers | None) -> Tile:
    change = numbers.points(now.bounce_rate, before.bounce_rate) if before and before.sessions >= numbers.SMALL_SAMPLE else NO_CHANGE
    small = " · small sample" if now.sessions < numbers.SMALL_SAMPLE else ""
    note = f"{numbers.tile(now.bounced)} of {numbers.tile(now.sessions)} sessions{small}"
    return Tile(text=numbers.percent(now.bounce_rate), exact=f"{now.bounced:,} of {now.sessions:,} sessions", note=note, change=change)


class DayJson(msgspec.Struct, frozen=True):
    day: dt.date
    sessions: int
    bounced: int
    people: int
    raw_ids: int


class OverviewJson(msgspec.Struct, frozen=True):
    """What /api/overview answers. `before` stands day by day beside `days`; `unfinished` is the day that `data_as_of` cuts."""

    build_id: int
    data_as_of: int
    unfinished: dt.date
    seconds: float
    total: Numbers
    days: list[DayJson]
    before: list[DayJson]


def as_json(question: Question, answer: Answer) -> OverviewJson:
    return OverviewJson(
        build_id=question.build_id,
        data_as_of=question.data_as_of,
        unfinished=question.today,
        seconds=round(answer.seconds, 4),
        total=answer.now.total,
        days=_days(answer.now),
        before=_days(answer.before) if answer.before else [],
    )


def _days(overview: Overview) -> list[DayJson]:
    return [DayJson(day, n.sessions, n.bounced, n.people, n.raw_ids) for day, n in overview.days]
