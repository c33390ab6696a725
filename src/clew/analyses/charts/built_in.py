"""The charts of the built-in reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clew.analyses.charts import kinds, unfinished
from clew.analyses.charts.kinds import Chart, Row, said

_UNITS = {"person": "people", "account": "accounts", "session": "sessions"}
MOST_PATHS = 15
MOST_LINKS = 60


def funnel(params: Mapping[str, Any], rows: Sequence[Row]) -> Chart | None:
    """Units by step; by day or value, the share that reached the last step."""
    if "start_day" in rows[0]:
        return _by_day(rows)
    unit = _UNITS[params["unit"]]
    named = [{**row, "": f"{row['step']} {row['name']}", unit: row["units"]} for row in rows]
    chart = kinds.bar("", unit, "by_value" if "by_value" in rows[0] else None, named)
    if "by_value" not in rows[0]:
        shares = ["" if row["share_of_first"] is None else f"{row['share_of_first'] * 100:.1f} %<br>" for row in rows]
        chart["data"][0]["text"] = [f"{share}{row['units']:,}" for share, row in zip(shares, rows, strict=True)]
    return chart


def _by_day(rows: Sequence[Row]) -> Chart:
    """A day is over when all who began on it have had their time."""
    last = max(row["step"] for row in rows)
    begun = {(row["start_day"], row.get("by_value")) for row in rows if row["step"] == 1 and row["incomplete"]}
    found = [{**row, "complete": (row["start_day"], row.get("by_value")) not in begun} for row in rows if row["step"] == last]
    return kinds.line("start_day", "share_of_first", "by_value" if "by_value" in rows[0] else None, found)


def trends(params: Mapping[str, Any], rows: Sequence[Row]) -> Chart | None:
    """The measure by period, beside the period before where compared."""
    measure = params["measure"].replace("_", " ")
    chart = kinds.line("period", measure, "by_value" if "by_value" in rows[0] else None, [{**row, measure: row["value"]} for row in rows])
    if "previous" in rows[0] and "by_value" not in rows[0]:
        before = {"type": "scatter", "mode": "lines", "name": "period before", "line": {"dash": "dot", "color": unfinished.HUES[1]}}
        chart["data"].append({**before, "x": [row["period"] for row in rows], "y": [row["previous"] for row in rows]})
    return chart


def paths(params: Mapping[str, Any], rows: Sequence[Row]) -> Chart | None:
    """Links as a Sankey chart, names by step as bars on each other, whole paths as bars."""
    if params["show"] == "links":
        return _sankey(sorted(rows, key=lambda row: -row["paths"])[:MOST_LINKS])
    if params["show"] == "steps":
        chart = kinds.bar("step", "share_of_all", "name", rows)
        return {**chart, "layout": {**chart["layout"], "barmode": "stack"}}
    top = rows[:MOST_PATHS]
    trace = {"type": "bar", "orientation": "h", "x": [row["paths"] for row in top], "y": [said(" › ".join(row["path"])) for row in top]}
    return {"data": [trace], "layout": {"yaxis": {"autorange": "reversed", "automargin": True}, "xaxis": {"title": "paths"}}}


def retention(params: Mapping[str, Any], rows: Sequence[Row]) -> Chart | None:
    """Share by cohort and period."""
    cells = [{**row, "period": _range(row)} for row in rows if row["cohort"] is not None]
    if not cells:
        return None
    chart = kinds.heat("cohort", "period", "share", cells)
    chart["data"][0]["texttemplate"] = "%{z:.1%}"
    return chart


def lifecycle(params: Mapping[str, Any], rows: Sequence[Row]) -> Chart | None:
    """Those who are there upwards, those who went downwards."""
    periods, whole = [row["period"] for row in rows], unfinished.whole(rows)
    data = [{"type": "bar", "name": s, "x": periods, "y": [row[s] for row in rows]} for s in ("new", "returning", "resurrected")]
    data.append({"type": "bar", "name": "dormant", "x": periods, "y": [-(row["dormant"] or 0) for row in rows]})
    data = [unfinished.hatched(bar, whole) for bar in data]
    return {"data": unfinished.explained(data, whole < len(rows)), "layout": {"barmode": "relative", "colorway": list(unfinished.HUES)}}


def stickiness(params: Mapping[str, Any], rows: Sequence[Row]) -> Chart | None:
    """The ratio by day, or how many were active on so many days."""
    if params["show"] == "histogram":
        unit = _UNITS[params["unit"]]
        return kinds.bar("active_days", unit, None, [{**row, unit: row["units"]} for row in rows])
    return kinds.line("day", "share active", None, [{**row, "share active": row["ratio"]} for row in rows if row["day"] is not None])


def _range(row: Row) -> str:
    first, last = row["first_index"], row["last_index"]
    return str(first) if first == last else f"{first}-{last}"


def _sankey(links: Sequence[Row]) -> Chart:
    nodes: dict[tuple[int, str], int] = {}
    ends = [
        (nodes.setdefault((row["step"], row["source"]), len(nodes)), nodes.setdefault((row["step"] + 1, row["target"]), len(nodes))) for row in links
    ]
    node = {"label": [said(name) for _, name in nodes], "pad": 12, "thickness": 12}
    link = {"source": [a for a, _ in ends], "target": [b for _, b in ends], "value": [row["paths"] for row in links]}
    return {"data": [{"type": "sankey", "node": node, "link": link}], "layout": {}}


BUILT_IN: dict[str, Callable[[Mapping[str, Any], Sequence[Row]], Chart | None]] = {
    "funnel": funnel,
    "trends": trends,
    "paths": paths,
    "retention": retention,
    "lifecycle": lifecycle,
    "stickiness": stickiness,
}
