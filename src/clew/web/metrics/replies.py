"""The session metrics for programs: the JSON that the chart is drawn from, and the table for a spreadsheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from clew.analyses.session_metrics import Numbers, Over
from clew.web.metrics.answers import Answer, Trends
from clew.web.metrics.metric import METRICS
from clew.web.metrics.question import Question
from clew.web.spreadsheet import Cell


class PeriodJson(msgspec.Struct, frozen=True):
    """`starts` is the period's own first day; `first` and `last` those of its days that were asked for."""

    starts: dt.date
    first: dt.date
    last: dt.date
    numbers: dict[str, float | None]


class RowJson(msgspec.Struct, frozen=True):
    """A value of the breakdown, with its numbers over the range."""

    value: str
    name: str
    numbers: dict[str, float | None]


class LineJson(msgspec.Struct, frozen=True):
    """A value of the breakdown, with its numbers period by period."""

    value: str
    name: str
    numbers: list[dict[str, float | None]]


class MetricsJson(msgspec.Struct, frozen=True):
    """`before` stands period by period beside `periods`, its days moved upon theirs. `unfinished` and `begun`: the periods that are cut."""

    build_id: int
    data_as_of: int
    seconds: float
    grain: str
    unfinished: dt.date | None
    begun: dt.date | None
    total: dict[str, float | None]
    total_before: dict[str, float | None] | None
    periods: list[PeriodJson]
    before: list[PeriodJson]
    rows: list[RowJson]
    lines: list[LineJson]


def as_json(question: Question, answer: Answer, trends: Trends) -> MetricsJson:
    none = question.by.none if question.by else ""
    return MetricsJson(
        build_id=question.build_id,
        data_as_of=question.data_as_of,
        seconds=round(answer.seconds, 4),
        grain=question.now.grain,
        unfinished=question.unfinished.starts if question.unfinished else None,
        begun=question.begun.starts if question.begun else None,
        total=_figures(answer.now.total),
        total_before=_figures(answer.before.total) if answer.before else None,
        periods=_periods(answer.now),
        before=_periods(answer.before, -question.range.days) if answer.before else [],
        rows=[RowJson(row.value, row.value or none, _figures(row.numbers)) for row in answer.rows],
        lines=[LineJson(value, value or none, [_figures(n) for n in trend]) for value, trend in trends.items()],
    )


def table(question: Question, answer: Answer) -> tuple[Sequence[str], list[list[Cell]]]:
    """Head and rows of the CSV: the values of the breakdown, else the periods."""
    heads = ["sessions", "bounced", "bounce_rate", "people", "new_people", "returning_people", "sessions_per_person"]
    heads += ["events", "events_per_session", "median_seconds", "mean_seconds"]
    if question.by:
        return [question.by.key, *heads], [[row.value, *_cells(row.numbers)] for row in answer.rows]
    rows = [[p.starts.isoformat(), p.first.isoformat(), p.last.isoformat(), *_cells(n)] for p, n in answer.now.periods]
    return [question.now.grain, "first_day", "last_day", *heads], rows


def _cells(n: Numbers) -> list[Cell]:
    counted: list[Cell] = [n.sessions, n.bounced, n.bounce_rate, n.people, n.new_people, n.returning_people, n.sessions_per_person]
    return [*counted, n.events, n.events_per_session, n.median_seconds, n.mean_seconds]


def _periods(over: Over, move: int = 0) -> list[PeriodJson]:
    days = dt.timedelta(days=move)
    return [PeriodJson(p.starts, p.first + days, p.last + days, _figures(n)) for p, n in over.periods]


def _figures(n: Numbers) -> dict[str, float | None]:
    return {metric.key: metric.of(n) for metric in METRICS}
