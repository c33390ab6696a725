"""Charts of SQL files: what a header asks for is drawn, and nothing else; names stay text."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from clew.analyses.charts import of_header

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
    assert shares["data"][0]["x"] == ["share"]


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
