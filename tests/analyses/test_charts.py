"""Charts of SQL files: what a header asks for is drawn, and nothing else; names stay text."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from clew.analyses.charts import BUILT_IN, compared, of_header
from clew.analyses.comparing import Part, lines
from clew.stats import Share

ROWS: list[dict[str, Any]] = [
    {"day": "2026-03-01", "name": "<b>a", "n": 1, "share": 0.5, "next": "x"},
    {"day": "2026-03-01", "name": "b", "n": 5, "share": 0.25, "next": None},
    {"day": "2026-03-02", "name": "b", "n": 4, "share": None, "next": "x"},
]


def test_lines_by_a_value_the_largest_first() -> None:
    chart = of_header(["line", "day", "n", "name"], ROWS)
    assert chart is not None
    assert [(line["name"], line["x"], line["y"]) for line in chart["data"]] == [
        ("b", ["2026-03-01", "2026-03-02"], [5, 4]),
        ("&lt;b>a", ["2026-03-01"], [1]),
    ]


def test_at_most_eight_lines() -> None:
    rows = [{"x": 1, "y": i, "by": f"v{i:02}"} for i in range(20)]
    chart = of_header(["bar", "x", "y", "by"], rows)
    assert chart is not None
    assert [bar["name"] for bar in chart["data"]] == [f"v{i}" for i in range(19, 11, -1)]


def test_heat() -> None:
    chart = of_header(["heat", "day", "name", "n"], ROWS)
    assert chart is not None
    (heat,) = chart["data"]
    assert (heat["y"], heat["x"], heat["z"]) == (["2026-03-01", "2026-03-02"], ["&lt;b>a", "b"], [[1, 5], [None, 4]])
    shares = of_header(["heat", "name"], ROWS)
    assert shares is not None
    assert shares["data"][0]["x"] == ["Share"]


def test_a_sunburst_adds_up_to_its_middle() -> None:
    chart = of_header(["sunburst", "name", "next", "n"], ROWS)
    assert chart is not None
    (sun,) = chart["data"]
    by_path = dict(zip(zip(sun["parents"], sun["labels"], strict=True), sun["values"], strict=True))
    b = sun["ids"][sun["labels"].index("b")]
    assert by_path["", "b"] == 9
    assert by_path[b, "x"] == 4


@pytest.mark.parametrize("header", [["line", "day", "n"], ["bar", "name", "n", "day"], ["heat", "day", "name", "n"], ["sunburst", "name", "n"]])
def test_plotly_takes_it(header: list[str]) -> None:
    assert go.Figure(of_header(header, ROWS)).data


@pytest.mark.parametrize("header", [[], ["line"], ["line", "day"], ["pie", "day", "n"], ["line", "day", "nothing"], ["sunburst", "n"]])
def test_what_cannot_be_drawn(header: list[str]) -> None:
    assert of_header(header, ROWS) is None
    assert of_header(["line", "day", "n"], []) is None


def test_a_line_goes_on_dashed_where_it_is_not_over() -> None:
    rows = [{"day": f"2026-03-0{day}", "n": day, "complete": day < 3} for day in (1, 2, 3)]
    chart = of_header(["line", "day", "n"], rows)
    assert chart is not None
    whole, way, dot, said = chart["data"]
    assert (whole["x"], whole["name"], "dash" in whole["line"]) == (["2026-03-01", "2026-03-02"], "n", False)
    assert (way["x"], way["line"]["dash"], way["hoverinfo"]) == (["2026-03-02", "2026-03-03"], "dash", "skip")
    assert (dot["x"], dot["y"], dot["name"], dot["mode"]) == (["2026-03-03"], [3], "n so far", "markers")
    assert (said["name"], said["line"]["dash"]) == ("not over yet", "dash")
    assert whole["line"]["color"] == way["line"]["color"] == dot["marker"]["color"] == chart["layout"]["colorway"][0]
    assert go.Figure(chart).data


@pytest.mark.parametrize("complete", [[True, True], [False, True]])
def test_what_is_not_over_stands_at_the_end(complete: list[bool]) -> None:
    """A row in the middle that is not complete does not make what comes after it unfinished."""
    chart = of_header(["line", "day", "n"], [{"day": f"2026-03-0{at}", "n": 1, "complete": each} for at, each in enumerate(complete, 1)])
    assert chart is not None
    assert [trace["name"] for trace in chart["data"]] == ["n"]


def test_a_series_of_which_nothing_is_over_is_in_the_legend_itself() -> None:
    chart = of_header(["line", "day", "n"], [{"day": "2026-03-01", "n": 1, "complete": False}])
    assert chart is not None
    assert [(trace["name"], trace.get("showlegend", True)) for trace in chart["data"] if "name" in trace] == [
        ("n so far", True),
        ("not over yet", True),
    ]


def test_a_bar_is_hatched_where_it_is_not_over() -> None:
    rows = [{"period": "2026-03-02", "new": 2, "returning": 1, "resurrected": 0, "dormant": 1, "complete": True}]
    rows += [{"period": "2026-03-09", "new": 1, "returning": 0, "resurrected": 0, "dormant": None, "complete": False}]
    chart = BUILT_IN["lifecycle"]({}, rows)
    assert chart is not None
    assert [bar["marker"]["pattern"]["shape"] for bar in chart["data"][:4]] == [["", "/"]] * 4
    assert chart["data"][4]["name"] == "not over yet"
    over = BUILT_IN["lifecycle"]({}, rows[:1])
    assert over is not None
    assert ["marker" in bar for bar in over["data"]] == [False] * 4
    assert go.Figure(chart).data


def test_a_day_of_a_funnel_is_over_when_all_who_began_on_it_had_their_time() -> None:
    days = [("2026-03-01", 0), ("2026-03-02", 3)]
    rows = [
        {"start_day": day, "step": step, "name": "A", "units": 5, "share_of_first": 1.0, "incomplete": late if step == 1 else 0}
        for day, late in days
        for step in (1, 2)
    ]
    chart = BUILT_IN["funnel"]({"unit": "person"}, rows)
    assert chart is not None
    assert [trace["x"] for trace in chart["data"][:3]] == [["2026-03-01"], ["2026-03-01", "2026-03-02"], ["2026-03-02"]]


@pytest.mark.parametrize(("report", "kind"), [("funnel", "bar"), ("retention", "scatter")])
def test_two_groups_beside_each_other_with_the_interval_of_their_difference(report: str, kind: str) -> None:
    named = [Part("2 <b>", Share(56, 70)), Part("3 B", Share(1, 4))]
    found = lines(named, [Part("", Share(48, 80)), Part("", Share(0, 0))])
    chart = compared(report, ("<i>a", "b"), found)
    a, b, differences = chart["data"]
    assert [trace["type"] for trace in (a, b)] == [kind, kind]
    assert (a["name"], a["x"], a["y"], a["customdata"]) == ("&lt;i>a", ["2 &lt;b>", "3 B"], [0.8, 0.25], ["56 of 70", "1 of 4"])
    assert b["y"] == [0.6, None]
    (at, nobody), error = differences["y"], differences["error_y"]
    assert (nobody, error["array"][1], error["arrayminus"][1], differences["customdata"][1]) == (None, None, None, None)
    assert [round(at + error["array"][0], 2), round(at - error["arrayminus"][0], 2)] == [33.39, 5.24], "Newcombe's own example"
    assert differences["customdata"][0] == "+5.2 to +33.4"
    assert go.Figure(chart).data


def test_a_line_is_called_by_what_it_counts() -> None:
    rows = [{"period": f"2026-03-0{n}", "value": n, "complete": True} for n in (1, 2)]
    chart = BUILT_IN["trends"]({"measure": "per_person"}, rows)
    assert chart is not None
    assert [trace["name"] for trace in chart["data"]] == ["per person"]
    assert chart["layout"]["yaxis"]["title"] == "per person"
    sticky = BUILT_IN["stickiness"]({"show": "days", "unit": "person"}, [{"day": "2026-03-01", "ratio": 0.5, "complete": True}])
    assert sticky is not None
    assert sticky["layout"]["yaxis"]["tickformat"] == ".0%"
