"""How numbers are written: three significant digits in tiles, exact on hover, one decimal for percentages, never a bare absence."""

from __future__ import annotations

from typing import NamedTuple

NONE = "–"
SMALL_SAMPLE = 30
"""Shares of fewer than this are marked."""


class Hidden(NamedTuple):
    """What stands in place of a number that a reader may not see; without a text of its own because it would tell another."""

    text: str = "·"


class Change(NamedTuple):
    """A difference from the period before, in words and signs that do not need colour. `mood` is good, bad or empty."""

    text: str
    mood: str


def tile(n: int) -> str:
    """At most three significant digits: 999, 12.5 k, 1.25 M.

    >>> [tile(n) for n in (0, 999, 1000, 12480, 999499, 999500, 1_254_000, 25 * 10**8)]
    ['0', '999', '1 k', '12.5 k', '999 k', '1 M', '1.25 M', '2.5 G']
    """
    if abs(n) < 1000:
        return str(n)
    rounded = f"{n:.2e}"
    digits, power = float(rounded.split("e")[0]), int(rounded.split("e")[1])
    return f"{digits * 10 ** (power % 3):.3g}\u202f{'kMGTPE'[power // 3 - 1]}".replace("\u202f", " ")


def exact(n: int) -> str:
    """Thousands separated.

    >>> exact(1254000)
    '1,254,000'
    """
    return f"{n:,}"


def percent(share: float | None) -> str:
    """One decimal.

    >>> percent(0.4567), percent(None)
    ('45.7 %', '–')
    """
    return NONE if share is None else f"{share * 100:.1f} %"


def duration(seconds: float | None) -> str:
    """The two largest units; under ten seconds with one decimal.

    >>> [duration(s) for s in (None, 0, 0.25, 9.96, 59.6, 200, 3600, 3999, 90_061)]
    ['–', '0 s', '0.2 s', '10 s', '1 m 0 s', '3 m 20 s', '1 h 0 m', '1 h 7 m', '1 d 1 h']
    """
    if seconds is None:
        return NONE
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s".replace("0.0 s", "0 s")
    for size, large, small in ((86_400, "d", "h"), (3600, "h", "m"), (60, "m", "s")):
        part = {"h": 3600, "m": 60, "s": 1}[small]
        parts = round(seconds / part)
        if parts * part >= size:
            return f"{parts * part // size} {large} {parts * part % size // part} {small}"
    return f"{seconds:.0f} s"


def relative(now: float | None, before: float | None) -> Change:
    """By how much a measure that is neither good nor bad grew.

    >>> relative(2.2, 2.0).text, relative(None, 1.0).text
    ('▲ 10.0 %', '')
    """
    return Change("", "") if now is None or not before else _change((now - before) / before * 100, "%", "good")._replace(mood="")


def change(now: float | None, before: float | None, *, more_is: str = "good") -> Change:
    """By how much a count grew; a count too small to compare with is named instead.

    >>> change(104, 100).text, change(90, 100).text, change(5, 0).text, change(900, 2).text
    ('▲ 4.0 %', '▼ 10.0 %', 'none before', '2 before')
    """
    if now is None or not before:
        return Change("none before" if now else "", "")
    if before < SMALL_SAMPLE <= now:
        return Change(f"{before:,} before", "")
    return _change((now - before) / before * 100, "%", more_is)


def points(now: float | None, before: float | None, *, more_is: str = "bad") -> Change:
    """By how many percentage points a share grew.

    >>> points(0.412, 0.4).text
    '▲ 1.2 points'
    """
    if now is None or before is None:
        return Change("", "")
    return _change((now - before) * 100, "points", more_is)


def _change(difference: float, unit: str, more_is: str) -> Change:
    if round(difference, 1) == 0:
        return Change("no change", "")
    other = "bad" if more_is == "good" else "good"
    return Change(f"{'▲' if difference > 0 else '▼'} {abs(difference):.1f} {unit}", more_is if difference > 0 else other)
