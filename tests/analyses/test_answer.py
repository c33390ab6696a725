"""Answers from Python and on the command line, over a project that is really built; and reports of the project's own."""

from __future__ import annotations

import csv
import importlib
import io
import json
import sys
from pathlib import Path

import pytest

import clew
from clew import cli
from clew.analyses.registry import REPORTS
from clew.api import Clew
from clew.errors import QueryError

DAYS = {"from_": "2026-03-02", "to": "2026-03-29"}
STEPS = ["Product Viewed", "Product Added{category=Games}", "Order Completed"]


@pytest.fixture
def opened(project: Path) -> Clew:
    return clew.open(project)


def test_a_funnel_in_python(opened: Clew) -> None:
    answer = opened.funnel(STEPS, within="7d", **DAYS)
    assert [(row["step"], row["units"]) for row in answer.rows] == [(1, 4), (2, 2), (3, 2)]
    assert list(answer.rows[0])[:2] == ["step", "name"]
    assert {"step", "units", "share_of_first", "share_of_previous", "median_seconds", "p90_seconds"} <= answer.rows[0].keys()
    assert answer.people(3) == ["ann", "ben"]
    assert answer.people(2, dropped=True) == ["cem", "dia"]
    assert opened.query(answer.sql) == answer.rows
    assert answer.as_json() == {"report": "funnel", "params": answer.params, "data_as_of": answer.data_as_of, "rows": answer.rows}
    assert answer.data_as_of == "2026-03-29T23:00:00Z"
    assert [list(bars.y) for bars in answer.figure().data] == [[4, 2, 2]]
    assert "<Answer funnel: 3 rows" in repr(answer)


def test_both_engines_in_python(opened: Clew) -> None:
    by_sql, by_kernel = (opened.report("funnel", step=STEPS, engine=engine, **DAYS) for engine in ("sql", "kernel"))
    assert (by_sql.engine, by_kernel.engine) == ("sql", "kernel")
    assert by_sql.as_json() == by_kernel.as_json()
    verdict = opened.verify("funnel", step=STEPS, **DAYS)
    assert verdict.agrees
    assert verdict.differing == []
    assert opened.verify("orders_by_day", category="Books").agrees is None
    with pytest.raises(QueryError, match="expected a question that the timeline can answer"):
        opened.report("trends", measure="accounts", engine="kernel")


def test_people_are_of_funnels_alone(opened: Clew) -> None:
    with pytest.raises(QueryError, match="expected a funnel of persons, found trends"):
        opened.report("trends").people(1)


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_frames(opened: Clew, name: str) -> None:
    answer = opened.funnel(STEPS, **DAYS)
    make = getattr(answer, f"to_{name}")
    library = importlib.import_module(name)
    assert isinstance(make(), library.DataFrame)
    assert make().shape == (3, 8)


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_frame_without_its_library_says_what_to_install(opened: Clew, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"pip install 'clew\[{name}\]'"):
        getattr(opened.funnel(STEPS, **DAYS), f"to_{name}")()


@pytest.mark.parametrize("name", [report.name for report in REPORTS if report.name != "funnel"])
def test_each_report_has_a_figure_and_its_sql_gives_the_rows(opened: Clew, name: str) -> None:
    answer = opened.report(name, **DAYS)
    assert answer.rows
    assert opened.query(answer.sql) == answer.rows
    assert answer.figure().data


def test_a_report_of_ones_own(opened: Clew) -> None:
    answer = opened.report("orders_by_day", category="Books")
    assert answer.rows == [{"day": "2026-03-10", "orders": 1, "brought": 7.25}, {"day": "2026-03-11", "orders": 1, "brought": 12.5}]
    assert answer.params == {"at_least": "0", "category": "Books"}
    assert list(answer.figure().data[0].y) == [7.25, 12.5]
    assert opened.report("orders_by_day", category="it's").rows == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "expected a value of category .*: give --category VALUE"),
        ({"category": "x", "at_least": "1; DROP"}, "expected at_least to be a number, found '1; DROP'"),
        ({"category": "x", "shop": "y"}, "expected params among at_least, category, found 'shop'"),
    ],
)
def test_what_a_report_of_ones_own_refuses(opened: Clew, given: dict[str, str], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        opened.report("orders_by_day", **given)


def test_no_such_report(opened: Clew) -> None:
    with pytest.raises(QueryError, match=r"expected a report among trends, funnel, .*, orders_by_day, found 'nothing'"):
        opened.report("nothing")


def test_before_the_first_build(tmp_path: Path) -> None:
    assert cli.run(["init", str(tmp_path), "--write-key", "k"]) == 0
    with pytest.raises(QueryError, match="expected a build, found none: run `clew build`"):
        clew.open(tmp_path).report("trends")


# ------------------------------------------------------------------------------------------------------------ command line
FUNNEL = ["--step", STEPS[0], "--step", STEPS[1], "--step", STEPS[2], "--from", "2026-03-02", "--to", "2026-03-29"]


def run(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.run(["report", *arguments, "--project", str(project)]) == 0
    return capsys.readouterr().out


def test_a_funnel_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(run(project, capsys, "funnel", *FUNNEL, "--within", "7d", "--format", "json"))
    assert list(told) == ["report", "params", "data_as_of", "rows"]
    assert told["params"]["step"] == STEPS
    assert [row["units"] for row in told["rows"]] == [4, 2, 2]


@pytest.mark.parametrize(
    ("options", "units"),
    [
        (["--order", "strict"], [4, 2, 2]),
        (["--order", "consecutive"], [4, 2, 0]),
        (["--order", "any"], [4, 3, 2]),
        (["--exclude", "Product Removed@2-3"], [4, 2, 1]),
        (["--hold", "category"], [4, 2, 1]),
        (["--within", "8m"], [4, 2, 1]),
        (["--unit", "session"], [5, 2, 2]),
    ],
)
def test_options_of_a_funnel(project: Path, capsys: pytest.CaptureFixture[str], options: list[str], units: list[int]) -> None:
    told = json.loads(run(project, capsys, "funnel", *FUNNEL, *options, "--format", "json"))
    assert [row["units"] for row in told["rows"]] == units


def test_by_a_property(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(project, capsys, "funnel", *FUNNEL, "--by", "@platform", "--format", "csv"))))
    assert [(row["by_value"], row["step"], row["units"]) for row in rows[:2]] == [("ios", "1", "2"), ("ios", "2", "0")]


def test_a_table_and_its_sql(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "data as of 2026-03-29T23:00:00Z" in run(project, capsys, "lifecycle", "--interval", "month")
    assert run(project, capsys, "lifecycle", "--format", "sql").startswith("-- Lifecycle by week.\nWITH\n")


@pytest.mark.parametrize("name", [report.name for report in REPORTS])
def test_verified(project: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    asked = FUNNEL if name == "funnel" else FUNNEL[6:]
    told = json.loads(run(project, capsys, name, *asked, "--verify", "--format", "json"))
    assert told["agrees"] is True
    assert told["kernel"]["rows"] == told["sql"]["rows"] != []
    said = run(project, capsys, name, *asked, "--verify")
    assert said.startswith("timeline, ")
    assert "\nSQL, " in said
    assert f"Both say the same: {len(told['sql']['rows'])} rows." in said


def test_a_difference_is_said_and_fails(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from clew.analyses.engine import tell

    monkeypatch.setitem(tell._ROWS, "lifecycle", lambda asking, params: [])
    assert cli.run(["report", "lifecycle", "--verify", "--project", str(project)]) == 1
    assert "They differ in 4 of 4 rows. The SQL is the definition." in capsys.readouterr().out


def test_the_list(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(run(project, capsys, "list", "--format", "json"))
    assert [(row["name"], row["from"]) for row in rows if row["from"] != "playbook"] == [
        *((report.name, "built in") for report in REPORTS),
        ("orders_by_day", "project"),
    ]
    assert len([row for row in rows if row["from"] == "playbook"]) == 8


def test_a_file_on_the_command_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "12.5" in run(project, capsys, "orders_by_day", "--category", "Books")
    assert cli.run(["report", "nothing", "--project", str(project)]) == 2
    assert "clew report list" in capsys.readouterr().err
    assert cli.run(["report", "orders_by_day", "--project", str(project), "--at-least", "x", "--category", "y"]) != 0
    assert "to be a number" in capsys.readouterr().err


def test_a_header_that_says_nothing(tmp_path: Path) -> None:
    from clew.analyses.files import parsed

    for text, said in (("-- param x colour\nSELECT 1", "line 1: expected `-- param NAME"), ("SELECT $x", r"for \$x, found none")):
        with pytest.raises(QueryError, match=said):
            parsed("r", text)


MISTYPED = "No event of the name 'product vewed' was ever seen. The nearest that were: 'Product Viewed', 'Product Removed', 'Product Added'.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["funnel", "--step", "product vewed", "--step", "Order Completed"], MISTYPED),
        (["trends", "--event", "product vewed{category=Games}"], MISTYPED),
        (["retention", "--returning", "product vewed | Order Completed"], MISTYPED),
        (["paths", "--anchor", "product vewed"], MISTYPED),
        (["paths", "--anchor", "Games", "--label", "category"], ""),
        (["trends", "--event", "zzz"], "No event of the name 'zzz' was ever seen.\n"),
        (["trends", "--event", "Order Completed{total > 1000000}"], ""),
        (["trends", "--from", "2020-01-01", "--to", "2020-01-02", "--event", "Order Completed"], ""),
    ],
)
@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_an_event_that_was_never_seen_is_said_beside_the_answer(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str, form: str
) -> None:
    days = [] if "--from" in arguments else ["--from", "2026-03-02", "--to", "2026-03-29"]
    assert cli.run(["report", arguments[0], "--project", str(project), "--format", form, *days, *arguments[1:]]) == 0
    out, err = capsys.readouterr()
    assert err == said
    if form == "json":
        assert json.loads(out).keys() == {"report", "params", "data_as_of", "rows"}
