"""What is not over at the time of the data, on charts: lines go on dashed, bars are hatched, and the legend says so.

It is what rows at the end of a series say: their `complete` is false.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
Trace = dict[str, Any]
HUES = ("#2f5bd7", "#c2571a", "#1f7a4d", "#8a3fa0", "#b58a00", "#0f7f8c", "#b3375f", "#5c6470")
"""Colours of series by place, as `layout.colorway`: a page has its own for each place, in light and in dark."""
SAID = "not over yet"
_QUIET = HUES[-1]


def whole(rows: Sequence[Row]) -> int:
    """How many rows there are up to the last that is over."""
    return max((at for at, row in enumerate(rows, 1) if row.get("complete") is not False), default=0)


def lines(name: str, xs: Sequence[Any], ys: Sequence[Any], cut: int, hue: str) -> list[Trace]:
    """One series: its first `cut` points as a line, and from the last of them on a dashed one to a dot for each that follows."""
    style = {"type": "scatter", "legendgroup": name, "line": {"color": hue}}
    found = [{**style, "mode": "lines+markers" if len(xs) < 3 or None in ys else "lines", "name": name, "x": xs[:cut], "y": ys[:cut]}] if cut else []
    if cut == len(xs):
        return found
    begin = max(cut - 1, 0)
    way = {**style, "mode": "lines", "line": {"color": hue, "dash": "dash"}, "hoverinfo": "skip", "showlegend": False}
    dots = {**style, "mode": "markers", "name": f"{name} so far", "marker": {"size": 6, "color": hue}, "showlegend": not cut}
    return [*found, {**way, "x": xs[begin:], "y": ys[begin:]}, {**dots, "x": xs[cut:], "y": ys[cut:]}]


def hatched(bar: Trace, cut: int) -> Trace:
    """The bars behind the first `cut` in stripes."""
    count = len(bar["x"])
    return bar if cut == count else {**bar, "marker": {"pattern": {"shape": [""] * cut + ["/"] * (count - cut)}}}


def explained(traces: list[Trace], cut: bool) -> list[Trace]:
    """With an entry of the legend for what dashes or stripes mean, where there are any."""
    if not cut:
        return traces
    empty: Trace = {"name": SAID, "x": [None], "y": [None], "hoverinfo": "skip"}
    if traces[0]["type"] == "bar":
        return [*traces, {"type": "bar", **empty, "marker": {"color": _QUIET, "pattern": {"shape": "/"}}}]
    return [*traces, {"type": "scatter", "mode": "lines", **empty, "line": {"color": _QUIET, "dash": "dash"}}]
