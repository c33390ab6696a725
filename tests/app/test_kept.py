"""What is kept, on the command line: on a project at rest, as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import cli
from clew.app import project
from clew.config import Paths
from clew.state import State, audiences, saved
from shop import People
from shop import settings as shop_settings
from web.test_people_pages import fill

Run = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with Ada and the others in it."""
    root = tmp_path / "shop"
    project.init(root, sources=shop_settings().sources)
    people = People(root)
    fill(people)
    people.build()
    people.close()
    return root


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on it; returns what it prints."""
    capsys.readouterr()

    def command(*arguments: str, code: int = 0) -> str:
        found = cli.run([*arguments, "--project", str(root)])
        out, err = capsys.readouterr()
        assert found == code, err
        return err if code else out

    return command


def test_a_saved_report_is_asked_by_its_name(root: Path, run: Run) -> None:
    with State.open(Paths(root).state) as state:
        saved.save(state, "Who is there", "trends", "interval=week&measure=people&range=90d", "ada")
        saved.save(state, "Broken", "trends", "measure=sum", "ada")
    listed = json.loads(run("report", "saved", "--format", "json"))
    assert [(each["name"], each["report"], each["saved_by"]) for each in listed] == [("Broken", "trends", "ada"), ("Who is there", "trends", "ada")]
    assert "Who is there" in run("report", "saved")
    told = json.loads(run("report", "saved", "who is there", "--format", "json"))
    assert (told["params"]["measure"], told["params"]["interval"]) == ("people", "week")
    asked = json.loads(
        run(
            "report",
            "trends",
            "--measure",
            "people",
            "--interval",
            "week",
            "--from",
            told["params"]["from"],
            "--to",
            told["params"]["to"],
            "--format",
            "json",
        )
    )
    assert told["rows"] == asked["rows"]
    assert sum(row["value"] for row in told["rows"]) > 0
    assert run("report", "saved", "Who is there", "--format", "sql").startswith("-- people by week")
    assert "'Broken', 'Who is there'" in run("report", "saved", "nothing", code=9)
    assert "expected one with sum" in run("report", "saved", "Broken", code=7)


def test_before_the_first_build(tmp_path: Path, run: Run) -> None:
    empty = tmp_path / "empty"
    project.init(empty)
    with State.open(Paths(empty).state) as state:
        saved.save(state, "Events", "trends", "", "ada")
    assert cli.run(["report", "saved", "Events", "--project", str(empty)]) == 7


def test_annotations(run: Run) -> None:
    assert run("annotate", "2026-11-02", "Release 2.0") == ""
    run("annotate", "2026-11-09", "Sale")
    listed = json.loads(run("annotate", "--list", "--format", "json"))
    assert [(each["annotation_id"], each["day"], each["text"]) for each in listed] == [(2, "2026-11-09", "Sale"), (1, "2026-11-02", "Release 2.0")]
    assert listed[0]["by"].endswith("(command)")
    run("annotate", "--delete", "2")
    assert "2026-11-02  Release 2.0" in run("annotate", "--list")
    assert "Sale" not in run("annotate", "--list")
    assert "expected a day" in run("annotate", "soon", "Sale", code=9)
    assert "expected a name of" in run("annotate", "2026-11-02", "", code=9)
    assert "found 2" in run("annotate", "--delete", "2", code=9)
    assert "expected DAY and TEXT" in run("annotate", "2026-11-02", code=2)


def test_an_audience_is_counted_and_listed(root: Path, run: Run) -> None:
    with State.open(Paths(root).state) as state:
        audiences.make(state, "Everybody", "people", "", audiences.Count(0, 0, 0), "ada")
        audiences.make(state, "Wrong", "trends", "", audiences.Count(0, 0, 0), "ada")
    told = json.loads(run("audience", "show", "everybody", "--format", "json"))
    assert told["count"] == len(told["people"]) > 2
    assert "ada" in told["people"]
    assert told["asks"] == "People: all"
    assert f"{told['count']} people" in run("audience", "show", "Everybody")
    assert f"{told['count']}  as of" in run("audience", "list")
    (listed, _) = json.loads(run("audience", "list", "--format", "json"))
    assert (listed["people"], listed["data_as_of"]) == (told["count"], told["data_as_of"])
    assert "'Everybody', 'Wrong'" in run("audience", "show", "nobody", code=9)
    assert "expected the list behind a number" in run("audience", "show", "Wrong", code=7)


def test_two_groups_are_compared(run: Run) -> None:
    days = ("--from", "2026-11-01", "--to", "2026-11-30")
    asked = ("compare", "funnel", "--step", "Product Viewed", "--step", "Order Completed", "--within", "1h", *days)
    told = json.loads(run(*asked, "--groups", "events", "--a", "Product Viewed{@source=app}", "--b", "Product Viewed", "--format", "json"))
    ((row),) = told["rows"]
    assert (row["a_hits"], row["a_of"], row["b_hits"], row["b_of"], row["test"]) == (0, 1, 1, 3, "fisher")
    said = run(*asked)
    assert "a: 2026-11-01 to 2026-11-30" in said
    assert "b: 2026-10-02 to 2026-10-31" in said
    assert "choose a property" in run(*asked, "--groups", "values", code=7)
    assert "nothing to compare" in run("compare", "retention", "--interval", "day", *days)
    assert "--complete-only" not in run("compare", "funnel", "--help")
