"""The kinds of charts that the header of a SQL file can name: `-- chart: line day users event_name`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from clew.analyses.charts import unfinished

Row = dict[str, Any]
Chart = dict[str, Any]
SERIES = 8
"""Lines or bars of one chart at most: the largest."""


def of_header(words: Sequence[str], rows: Sequence[Row]) -> Chart | None:
    """The chart that `-- chart:` asks for; None where there is none to draw: no rows, an unknown kind, columns that are not there."""
    if not words or not rows or words[0] not in _KINDS or not set(words[1:]) <= rows[0].keys() or len(words) < 2:
        return None
    return _KINDS[words[0]](words[1:], rows)


def line(x: str, y: str, by: str | None, rows: Sequence[Row]) -> Chart:
    """`y` over `x`, a line for each value of `by`, dashed where it is not over."""
    series = _series(x, y, by, rows)
    traces = [each for s, hue in zip(series, unfinished.HUES, strict=False) for each in unfinished.lines(s.name, s.xs, s.ys, s.whole, hue)]
    layout = {"colorway": list(unfinished.HUES), "xaxis": across(x), "yaxis": upwards(y)}
    return {"data": unfinished.explained(traces, any(s.is_cut for s in series)), "layout": layout}


def bar(x: str, y: str, by: str | None, rows: Sequence[Row]) -> Chart:
    """Bars beside each other, hatched where they are not over."""
    series = _series(x, y, by, rows)
    traces = [unfinished.hatched({"type": "bar", "name": s.name, "x": s.xs, "y": s.ys}, s.whole) for s in series]
    layout = {"barmode": "group", "colorway": list(unfinished.HUES), "xaxis": across(x), "yaxis": upwards(y)}
    return {"data": unfinished.explained(traces, any(s.is_cut for s in series)), "layout": layout}


def across(name: str) -> Chart:
    """The axis of what rows go by. Dates say by themselves what they are."""
    return {} if name in ("period", "day", "start_day") else {"title": name}


def upwards(name: str) -> Chart:
    """The axis of a number."""
    return {"title": name, "rangemode": "tozero", **({"tickformat": ".0%"} if name.startswith(("share", "ratio", "retention", "came_back")) else {})}


def heat(row: str, column: str, value: str, rows: Sequence[Row]) -> Chart:
    """A table of colours: `value` by `row` (downwards, in their order) and `column`."""
    downwards, columns = (list(dict.fromkeys(said(each[name]) for each in rows)) for name in (row, column))
    found = {(said(each[row]), said(each[column])): each[value] for each in rows}
    cells = [[found.get((down, over)) for over in columns] for down in downwards]
    return heat_table(downwards, columns, cells)


def heat_table(downwards: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> Chart:
    """The same of cells."""
    trace = {"type": "heatmap", "x": columns, "y": downwards, "z": cells, "colorscale": "Blues", "xgap": 1, "ygap": 1, "hoverongaps": False}
    axis = {"type": "category"}
    return {"data": [trace], "layout": {"xaxis": axis, "yaxis": {**axis, "autorange": "reversed"}}}


def sunburst(levels: Sequence[str], value: str, rows: Sequence[Row]) -> Chart:
    """Paths from the middle outwards; what has no next level ends there."""
    sizes: dict[tuple[str, ...], float] = {}
    for row in rows:
        path = tuple(said(row[level]) for level in levels if row[level] is not None)
        for depth in range(1, len(path) + 1):
            sizes[path[:depth]] = sizes.get(path[:depth], 0) + row[value]
    ids = {path: str(number) for number, path in enumerate(sizes)}
    trace: Chart = {"type": "sunburst", "branchvalues": "total", "ids": list(ids.values()), "labels": [path[-1] for path in sizes]}
    trace |= {"parents": [ids.get(path[:-1], "") for path in sizes], "values": list(sizes.values())}
    return {"data": [trace], "layout": {}}


def said(value: Any) -> str:
    """A value as text that Plotly shows as it is: it reads markup in names."""
    return "(none)" if value is None else str(value).replace("&", "&amp;").replace("<", "&lt;")


class _Series(NamedTuple):
    """`whole` of its points are over."""

    name: str
    xs: list[Any]
    ys: list[Any]
    whole: int

    @property
    def is_cut(self) -> bool:
        return self.whole < len(self.xs)


def _series(x: str, y: str, by: str | None, rows: Sequence[Row]) -> list[_Series]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[by] if by else y.replace("_", " "), []).append(row)
    largest = sorted(groups.items(), key=lambda group: -sum(abs(row[y] or 0) for row in group[1]))[:SERIES]
    return [_Series(said(name), [_place(row[x]) for row in found], [row[y] for row in found], unfinished.whole(found)) for name, found in largest]


def _place(value: Any) -> Any:
    return said(value) if isinstance(value, str) else value


def _heat(words: Sequence[str], rows: Sequence[Row]) -> Chart:
    if len(words) == 3:
        return heat(words[0], words[1], words[2], rows)
    shares = [name for name in rows[0] if name != words[0] and all(isinstance(row[name], float | None) for row in rows)]
    chart = heat_table([said(row[words[0]]) for row in rows], [_named(name) for name in shares], [[row[name] for name in shares] for row in rows])
    chart["data"][0]["texttemplate"] = "%{z:.1%}"
    return chart


def _named(column: str) -> str:
    return said(column.replace("_", " ").capitalize())


_KINDS: dict[str, Callable[[Sequence[str], Sequence[Row]], Chart | None]] = {
    "line": lambda words, rows: line(words[0], words[1], words[2] if len(words) > 2 else None, rows) if len(words) > 1 else None,
    "bar": lambda words, rows: bar(words[0], words[1], words[2] if len(words) > 2 else None, rows) if len(words) > 1 else None,
    "heat": _heat,
    "sunburst": lambda words, rows: sunburst(words[:-1], words[-1], rows) if len(words) > 1 else None,
}
