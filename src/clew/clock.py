"""The only reader of the clock, and the only place that knows time zones and durations.

Times inside Clew are integers: microseconds since 1970 UTC.
"""

from __future__ import annotations

import datetime as dt
import re
import time
import zoneinfo

from clew.errors import ConfigError

SECOND = 10**6
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# One time zone database for pages, models and every engine: the pinned `tzdata` package, never the machine's own.
zoneinfo.reset_tzpath(to=[])

_UNITS = {"us": 1, "ms": 1000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d|w)\s*")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_LENIENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE | re.ASCII
)


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def iso(t: int) -> str:
    """`t` as ISO 8601 with microseconds and `Z`."""
    return (_EPOCH + dt.timedelta(microseconds=t)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> int | None:
    """Microseconds since 1970 of an ISO 8601 date-time, lenient (a month without its zero, up to 9 decimals); None if it is none.

    A time without an offset is UTC. Digits beyond microseconds are cut.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return _parse_lenient(text)
    return _micros(moment)


def _micros(moment: dt.datetime) -> int | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - _EPOCH) // _MICROSECOND


def _parse_lenient(text: str) -> int | None:
    match = _LENIENT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        zone = dt.UTC if offset in (None, "Z", "z") else dt.datetime.strptime(offset, "%z").tzinfo
        moment = dt.datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micros, tzinfo=zone)
    except ValueError:
        return None
    return _micros(moment)


def parse_duration(text: str) -> int:
    """Microseconds of a duration such as `30m`, `7d`, `1.5h`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ConfigError(f"expected a duration such as 30m, 12h or 7d, found {text!r}")
    return int(float(match[1]) * _UNITS[match[2]])


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The IANA zone `name`, from the pinned database."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"expected an IANA time zone such as Europe/Amsterdam, found {name!r}") from error


def offset_at(t: int, where: zoneinfo.ZoneInfo) -> int:
    """The zone's offset from UTC at `t`, in microseconds."""
    offset = (_EPOCH + dt.timedelta(microseconds=t)).astimezone(where).utcoffset()
    return (offset or dt.timedelta(0)) // _MICROSECOND


def transitions(where: zoneinfo.ZoneInfo, first_year: int = 2000, last_year: int = 2050) -> list[tuple[int, int]]:
    """(from, offset) of the zone, microseconds, ascending; the first row holds for all time before it too.

    Engines join this instead of asking their own time zone database, so that all agree on what a day is.
    """
    start, end = (int(dt.datetime(y, 1, 1, tzinfo=dt.UTC).timestamp()) * SECOND for y in (first_year, last_year + 1))
    rows = [(start, offset_at(start, where))]
    moment, one_day = dt.datetime(first_year, 1, 1, tzinfo=dt.UTC), dt.timedelta(days=1)
    shown = moment.astimezone(where).utcoffset()
    for day in range(start, end, DAY):
        # 18,000 days are asked about, so without a way through microseconds.
        moment += one_day
        after = moment.astimezone(where).utcoffset()
        if after != shown:
            rows.append(_first_change(day, day + DAY, where))
            shown = after
    return rows


def _first_change(low: int, high: int, where: zoneinfo.ZoneInfo) -> tuple[int, int]:
    """The instant (to the second) in (low, high] at which the offset of `high` begins, and that offset."""
    new = offset_at(high, where)
    while high - low > SECOND:
        middle = (low + high) // 2 // SECOND * SECOND
        low, high = (low, middle) if offset_at(middle, where) == new else (middle, high)
    return high, new
