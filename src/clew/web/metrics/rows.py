"""The table under the chart: its rows in the order asked for, and the small trend beside each value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from clew.analyses.session_metrics import Numbers
from clew.web import numbers
from clew.web.metrics.answers import Answer
from clew.web.metrics.metric import BY_KEY, METRICS
from clew.web.metrics.question import Question
from clew.web.ordering import Order, ordered, read_order

NAME = "name"
"""What a table is sorted by besides the numbers: the first column."""
SHOWN = 100
"""Characters of a value that a table shows; the rest is in its title and in the CSV."""
POINTS = 28
WIDTH, HEIGHT = 84, 18


class Line(NamedTuple):
    """A row. `key` is its period's first day or its value, `cells` the numbers as they are written."""

    key: str
    name: str
    full: str
    cells: tuple[str, ...]
    few: bool
    part: bool
    numbers: Numbers


def metrics_order(text: str, by_value: bool) -> Order:
    """`sort=bounce` or `sort=bounce-up`; usually the newest period, or the most frequent value first."""
    return read_order(text, {NAME, *BY_KEY}, Order("sessions" if by_value else NAME))


def lines(question: Question, answer: Answer, order: Order) -> list[Line]:
    """All rows, sorted. Rows without the number come last, either way."""
    if question.by:
        none = question.by.none
        found = [_line(row.value, row.value or none, row.numbers) for row in answer.rows]
    else:
        found = [_line(p.starts.isoformat(), period_name(question.now.grain, p.starts), n, part=question.is_part(p)) for p, n in answer.now.periods]
    of = BY_KEY[order.key].of if order.key != NAME else None
    return ordered(found, lambda line: of(line.numbers) if of else line.key, order)


def period_name(grain: str, starts: dt.date) -> str:
    """`Mon 2026-11-23`, `2026-11` or `week of 2026-11-23`."""
    if grain == "month":
        return f"{starts:%Y-%m}"
    return f"{starts:%a %Y-%m-%d}" if grain == "day" else f"week of {starts}"


def _line(key: str, name: str, found: Numbers, part: bool = False) -> Line:
    few = 0 < found.sessions < numbers.SMALL_SAMPLE
    shown = name if len(name) <= SHOWN else f"{name[: SHOWN - 1]}…"
    return Line(key, shown, name, tuple(metric.written(found) for metric in METRICS), few, part, found)


def spark(trend: Sequence[Numbers]) -> str:
    """The bounce rate over time as an SVG path from 0 (bottom) to 1, of at most POINTS points of as many periods each; gaps where nothing was."""
    size = -(-len(trend) // POINTS) or 1
    groups = [trend[i : i + size] for i in range(0, len(trend), size)]
    rates = [_rate(group) for group in groups]
    step = WIDTH / max(len(rates) - 1, 1)
    path, pen = [], "M"
    for i, rate in enumerate(rates):
        if rate is None:
            pen = "M"
            continue
        path.append(f"{pen}{i * step:.0f} {HEIGHT - rate * HEIGHT:.0f}")
        # A point with nothing on either side would not be seen.
        alone = pen == "M" and (i + 1 == len(rates) or rates[i + 1] is None)
        path += ["h1"] if alone else []
        pen = "L"
    return "".join(path)


def _rate(group: Sequence[Numbers]) -> float | None:
    sessions = sum(n.sessions for n in group)
    return sum(n.bounced for n in group) / sessions if sessions else None
