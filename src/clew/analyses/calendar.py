"""Periods of the project's calendar, as SQL on local time."""

from __future__ import annotations

from typing import Literal

from clew.config import Settings

Interval = Literal["hour", "day", "week", "month", "quarter"]
_FIRST_DAY = {"monday": 0, "sunday": 1, "saturday": 2}


def start(local: str, interval: str, settings: Settings) -> str:
    """The local start of the period that holds the local time `local`: a DATE, or a TIMESTAMP for hours."""
    if interval == "hour":
        return f"date_trunc('hour', {local})"
    if interval == "day":
        return f"CAST({local} AS DATE)"
    shift = _FIRST_DAY[settings.project.week_starts] if interval == "week" else 0
    moved = f"{local} + INTERVAL {shift} DAY" if shift else local
    back = f" - {shift}" if shift else ""
    return f"CAST(date_trunc('{interval}', {moved}) AS DATE){back}"


def index(local: str, interval: str, settings: Settings) -> str:
    """A number that grows by one each period of days, weeks, months or quarters."""
    if interval == "day":
        return f"date_diff('day', DATE '2000-01-01', CAST({local} AS DATE))"
    if interval == "week":
        shift = _FIRST_DAY[settings.project.week_starts]
        # 2000-01-03 was a Monday; the days before it have negative numbers.
        return f"CAST(floor(date_diff('day', DATE '2000-01-03' - {shift}, CAST({local} AS DATE)) / 7) AS BIGINT)"
    return f"date_diff('{interval}', DATE '2000-01-01', CAST({local} AS DATE))"


def from_index(number: str, interval: str, settings: Settings) -> str:
    """The first day of the period with that number, as a DATE."""
    if interval == "day":
        return f"CAST(DATE '2000-01-01' + to_days(CAST({number} AS INTEGER)) AS DATE)"
    if interval == "week":
        return f"CAST(DATE '2000-01-03' - {_FIRST_DAY[settings.project.week_starts]} + to_days(CAST(7 * ({number}) AS INTEGER)) AS DATE)"
    months = 3 if interval == "quarter" else 1
    return f"CAST(DATE '2000-01-01' + to_months(CAST({months} * ({number}) AS INTEGER)) AS DATE)"
