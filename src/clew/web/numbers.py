"""How numbers are written: three significant digits in tiles, exact on hover, one decimal for percentages, never a bare absence."""

from __future__ import annotations

from typing import NamedTuple

NONE = "–"
SMALL_SAMPLE = 30
"""Shares of fewer than this are marked."""


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


def duration(seconds: float) -> str:
    """In its two largest units.

    >>> [duration(s) for s in (0, 59, 200, 3660, 90061)]
    ['0 s', '59 s', '3 m 20 s', '1 h 1 m', '1 d 1 h']
    """
    left = int(seconds)
    said: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if left >= size or (unit == "s" and not said):
            said.append(f"{left // size} {unit}")
            left %= size
    return " ".join(said[:2])


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
