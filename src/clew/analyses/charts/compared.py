"""The chart of two groups: their shares beside each other, and below them the difference with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from clew.analyses.charts.kinds import Chart, said
from clew.analyses.charts.unfinished import HUES
from clew.analyses.comparing import Line
from clew.stats import Difference, Share

_SHARES, _DIFFERENCE = [0.44, 1.0], [0.0, 0.34]
"""How much of the height each has."""


def compared(report: str, groups: tuple[str, str], lines: Sequence[Line]) -> Chart:
    """Bars for the steps of a funnel, lines for the periods of retention. `lines` are not empty."""
    names = [said(line.name) for line in lines]
    draw = _bar if report == "funnel" else _line
    shares = ([line.a for line in lines], [line.b for line in lines])
    data = [draw(said(name), hue, names, found) for name, hue, found in zip(groups, HUES, shares, strict=False)]
    return {"data": [*data, _differences(names, [line.difference for line in lines])], "layout": _LAYOUT | {"colorway": list(HUES)}}


_LAYOUT: Chart = {
    "barmode": "group",
    "xaxis": {"type": "category", "anchor": "y2"},
    "yaxis": {"title": "share", "tickformat": ".0%", "rangemode": "tozero", "domain": _SHARES},
    "yaxis2": {"title": "difference, points", "domain": _DIFFERENCE, "zeroline": True},
}


def _bar(name: str, hue: str, names: list[str], shares: Sequence[Share]) -> Chart:
    return {"type": "bar", "marker": {"color": hue}, **_drawn(name, names, shares)}


def _line(name: str, hue: str, names: list[str], shares: Sequence[Share]) -> Chart:
    return {"type": "scatter", "mode": "lines+markers", "marker": {"color": hue}, "line": {"color": hue}, **_drawn(name, names, shares)}


def _drawn(name: str, names: list[str], shares: Sequence[Share]) -> Chart:
    counts = [f"{share.hits:,} of {share.of:,}" for share in shares]
    return {"name": name, "x": names, "y": [share.value for share in shares], "customdata": counts, "hovertemplate": "%{y:.1%}, %{customdata}"}


def _differences(names: list[str], found: Sequence[Difference | None]) -> Chart:
    trace = {"type": "scatter", "mode": "markers", "name": "difference, with its 95 % interval", "yaxis": "y2"}
    bars = {"type": "data", "symmetric": False, "thickness": 1.5, "width": 5}
    up, down = [d and 100 * (d.high - d.difference) for d in found], [d and 100 * (d.difference - d.low) for d in found]
    intervals = [d and f"{100 * d.low:+.1f} to {100 * d.high:+.1f}" for d in found]
    return {
        **trace,
        "marker": {"size": 7, "color": HUES[-1], "symbol": "diamond"},
        "x": names,
        "y": [d and 100 * d.difference for d in found],
        "error_y": {**bars, "array": up, "arrayminus": down},
        "customdata": intervals,
        "hovertemplate": "%{y:+.1f} points, 95 % interval %{customdata}",
    }
