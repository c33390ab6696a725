"""A date range in a URL: `range=28d` or `from=2026-11-01&to=2026-11-23`. Presets end on the day of `data_as_of`; no report reads the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import NamedTuple

DEFAULT = "28d"
LONGEST = 1100
"""Days. A longer range is refused: it would be a page of noise."""

_DAY = dt.timedelta(days=1)


class Range(NamedTuple):
    """Local days, both inclusive. `preset` is empty for dates chosen by hand."""

    first: dt.date
    last: dt.date
    preset: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def each(self) -> list[dt.date]:
        """Its days, in order."""
        return [self.first + i * _DAY for i in range(self.days)]

    @property
    def before(self) -> Range:
        """As many days, just before."""
        return Range(self.first - self.days * _DAY, self.first - _DAY)


class Preset(NamedTuple):
    title: str
    of: Callable[[dt.date], tuple[dt.date, dt.date]]


def _last_days(n: int) -> Preset:
    return Preset(f"Last {n} days", lambda today: (today - (n - 1) * _DAY, today))


def _last_month(today: dt.date) -> tuple[dt.date, dt.date]:
    end = today.replace(day=1) - _DAY
    return end.replace(day=1), end


PRESETS = {
    "today": Preset("Today", lambda today: (today, today)),
    "yesterday": Preset("Yesterday", lambda today: (today - _DAY, today - _DAY)),
    "7d": _last_days(7),
    "28d": _last_days(28),
    "90d": _last_days(90),
    "month": Preset("This month", lambda today: (today.replace(day=1), today)),
    "last_month": Preset("Last month", _last_month),
    "365d": _last_days(365),
}


def read(query: Mapping[str, str], today: dt.date) -> Range:
    """The range that the URL asks for. Raises ValueError, saying what was expected."""
    if "from" in query or "to" in query:
        return _custom(query.get("from", ""), query.get("to", ""))
    name = query.get("range", DEFAULT)
    if name not in PRESETS:
        raise ValueError(f"expected range= one of {', '.join(PRESETS)}, found {name!r}")
    return Range(*PRESETS[name].of(today), name)


def _custom(first: str, last: str) -> Range:
    try:
        found = Range(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    except ValueError as error:
        raise ValueError(f"expected from= and to= as dates such as 2026-11-23, found {first!r} and {last!r}") from error
    if not 1 <= found.days <= LONGEST or not 1970 <= found.first.year <= found.last.year <= 2200:
        raise ValueError(f"expected from= not after to=, at most {LONGEST} days apart, between 1970 and 2200; found {first} and {last}")
    return found


def same_moment(t: dt.datetime, days: int) -> dt.datetime:
    """`t` (with a zone) at the same local time `days` earlier, as a naive time of UTC: where a comparison with an unfinished day stops."""
    earlier = (t.replace(tzinfo=None) - days * _DAY).replace(tzinfo=t.tzinfo, fold=t.fold)
    return earlier.astimezone(dt.UTC).replace(tzinfo=None)
