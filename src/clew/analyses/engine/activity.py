"""The rows of lifecycle and stickiness."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from clew.analyses.engine.asking import Asking, date, number
from clew.analyses.engine.periods import first_day, period
from clew.analyses.lifecycle import Params as LifecycleParams
from clew.analyses.stickiness import Params as StickinessParams
from clew.timelines import lifecycle as kernel

_SCALE = 10**15
_NO_DAY: dict[str, Any] = {"day": None, "active": None, "active_28": None, "ratio": None, "complete": True}


def lifecycle(asking: Asking, params: LifecycleParams) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    found = kernel.lifecycle(asking.parts(params.unit), params.interval, asking.zone, asking.data_as_of)
    place = {int(number): n for n, number in enumerate(found.period)}
    first, last = (int(n) for n in period(np.array([number(day) for day in asking.days(params)]), params.interval, asking.zone))
    return [_states(asking, params, found, place.get(n), n) for n in range(first, last + 1)]


def _states(asking: Asking, params: LifecycleParams, found: kernel.Lifecycle, at: int | None, n: int) -> dict[str, Any]:
    def units(column: Any) -> int:
        return 0 if at is None else int(column[at])

    over = dt.datetime.combine(first_day(n + 1, params.interval, asking.zone), dt.time()) <= asking.local_as_of
    return {
        "period": first_day(n, params.interval, asking.zone),
        "new": units(found.new),
        "returning": units(found.returning),
        "resurrected": units(found.resurrected),
        "dormant": units(found.dormant) if over else None,
        "complete": over,
    }


def stickiness(asking: Asking, params: StickinessParams) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    first, last = asking.days(params)
    if first > last:
        # Data that end before the first day: there is no day to tell of.
        return [] if params.show == "histogram" else [_NO_DAY]
    found = kernel.stickiness(asking.parts(params.unit), asking.zone, number(first), number(last) + 1)
    if params.show == "histogram":
        return [{"active_days": n, "units": int(units)} for n, units in enumerate(found.histogram) if n and units]
    known = number(asking.local_as_of.date())
    days = [_day(asking, int(day), int(daily), int(trailing)) for day, daily, trailing in zip(*found[:3], strict=True) if day <= known]
    return [{**_NO_DAY, "ratio": _mean(days)}, *days]


def _day(asking: Asking, day: int, daily: int, trailing: int) -> dict[str, Any]:
    over = dt.datetime.combine(date(day + 1), dt.time()) <= asking.local_as_of
    return {"day": date(day), "active": daily, "active_28": trailing, "ratio": daily / trailing if trailing else None, "complete": over}


def _mean(days: list[dict[str, Any]]) -> float | None:
    """Over days that are over, of decimals with 15 places, as the SQL has it."""
    ratios = [int(np.floor(day["ratio"] * _SCALE + 0.5)) for day in days if day["complete"] and day["ratio"] is not None]
    return float(np.longdouble(sum(ratios)) / (np.longdouble(len(ratios)) * np.longdouble(_SCALE))) if ratios else None
