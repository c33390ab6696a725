"""Numbers of few on shared dashboards: what is shown tells of none, neither by itself nor by what stands beside it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.analyses import files
from clew.web.boards import few
from clew.web.boards.counts import COUNTS, UNKNOWN, is_few
from clew.web.numbers import Hidden

LEAST = 5
COUNT = st.integers(0, 30)


def tells(*counts: Any) -> bool:
    """Whether one of the numbers that are shown is of few."""
    return any(not isinstance(count, Hidden) and is_few(count, LEAST) for count in counts)


@given(st.lists(COUNT, min_size=1, max_size=6).map(lambda counts: sorted(counts, reverse=True)), st.data())
def test_a_funnel_tells_neither_who_came_so_far_nor_who_did_not(units: list[int], data: st.DataObject) -> None:
    rows = [
        {
            "step": at,
            "name": "A",
            "units": count,
            "share_of_first": count / units[0] if units[0] else None,
            "share_of_previous": count / before if before else None,
            "median_seconds": 1.0,
            "p90_seconds": 2.0,
            "incomplete": data.draw(st.integers(0, count)),
        }
        for at, (count, before) in enumerate(zip(units, [units[0], *units], strict=False), 1)
    ]
    found = few.hide("funnel", {}, rows, [], LEAST)
    shown = [row["units"] for row in found if not isinstance(row["units"], Hidden)]
    assert not tells(*shown, *(a - b for a, b in pairwise(shown)))
    for row, before in zip(found, [found[0], *found], strict=False):
        known = not isinstance(row["units"], Hidden)
        assert known or all(isinstance(row[name], Hidden) for name in ("share_of_first", "share_of_previous", "median_seconds", "p90_seconds"))
        assert isinstance(row["share_of_previous"], Hidden) or not isinstance(before["units"], Hidden)
        assert isinstance(row["incomplete"], Hidden) or not tells(row["incomplete"], row["units"] - row["incomplete"])
    assert [row["units"] for row in found if row["units"] == Hidden("<5")] == [Hidden("<5") for count in units if is_few(count, LEAST)]


@given(st.lists(st.tuples(COUNT, st.lists(st.booleans(), min_size=3, max_size=3)), min_size=1, max_size=4), st.booleans(), st.data())
def test_an_average_of_retention_tells_no_cell(cohorts: list[tuple[int, list[bool]]], falls: bool, data: st.DataObject) -> None:
    cells = []
    for number, (size, complete) in enumerate(cohorts):
        active = [data.draw(st.integers(0, size)) for _ in complete]
        active = sorted(active, reverse=True) if falls else active
        cells += [_cell(str(number), size, at, count, whole) for at, (count, whole) in enumerate(zip(active, complete, strict=True))]
    means = [_mean(at, [cell for cell in cells if cell["first_index"] == at and cell["complete"]]) for at in range(3)]
    found = few.hide("retention", {"count": "unbounded"} if falls else {}, [*means, *cells], [], LEAST)
    for row in found:
        assert isinstance(row["share"], Hidden) == isinstance(row["active"], Hidden)
        if not isinstance(row["active"], Hidden):
            assert not tells(row["active"], row["size"], row["size"] - row["active"])
    for mean in found[:3]:
        column = [row for row in found[3:] if row["first_index"] == mean["first_index"] and row["complete"]]
        assert isinstance(mean["active"], Hidden) or not few.any_hidden(column)
        assert isinstance(mean["size"], Hidden) == isinstance(mean["active"], Hidden)
    if falls:
        for number in range(len(cohorts)):
            shown = [row["active"] for row in found[3:] if row["cohort"] == str(number) and not isinstance(row["active"], Hidden)]
            assert not tells(*(a - b for a, b in pairwise(shown)))


def _cell(cohort: str | None, size: int, at: int, active: int, complete: bool) -> dict[str, Any]:
    share = active / size if size else None
    return {"cohort": cohort, "size": size, "first_index": at, "last_index": at, "active": active, "share": share, "complete": complete}


def _mean(at: int, cells: list[dict[str, Any]]) -> dict[str, Any]:
    return _cell(None, sum(cell["size"] for cell in cells), at, sum(cell["active"] for cell in cells), True)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(1, 12)), unique_by=lambda link: link[:2]))
def test_one_path_alone_is_never_what_the_others_leave(links: list[tuple[str, str, int]]) -> None:
    rows = [{"step": 1, "source": source, "target": target, "paths": count} for source, target, count in links]
    found = few.hide("paths", {}, rows, [], LEAST)
    assert not tells(*(row["paths"] for row in found))
    for end in ("source", "target"):
        for name in "abc":
            own = [row["paths"] for row in found if row[end] == name]
            assert sum(isinstance(count, Hidden) for count in own) != 1 or len(own) == 1
    assert all(isinstance(row["paths"], int) for row in few.shown(found))


@pytest.mark.parametrize(("goal", "hidden"), [(0.5, False), (0.02, True), (0.98, True), (0.0, False)])
def test_a_share_that_stands_for_few_takes_its_row_with_it(goal: float, hidden: bool) -> None:
    (row,) = few.hide("paths", {}, [{"path": ["a"], "paths": 100, "share": 0.5, "reached_goal": goal}], [], LEAST)
    assert [isinstance(row[name], Hidden) for name in ("paths", "share", "reached_goal")] == [hidden] * 3


def test_a_period_of_a_lifecycle_is_shown_whole_or_not() -> None:
    rows = [{"period": "a", "new": 9, "returning": 4, "resurrected": 0, "dormant": None}, {"period": "b", "new": 9, "returning": 7, "resurrected": 0}]
    cut, whole = few.hide("lifecycle", {}, rows, [], LEAST)
    assert cut == {"period": "a", "new": Hidden(), "returning": Hidden("<5"), "resurrected": Hidden(), "dormant": Hidden()}
    assert whole == rows[1]


def test_the_mean_of_days_does_not_tell_a_day() -> None:
    mean = {"day": None, "active": None, "active_28": None, "ratio": 0.2}
    days = [{"day": "a", "active": 20, "active_28": 100, "ratio": 0.2}, {"day": "b", "active": 97, "active_28": 100, "ratio": 0.97}]
    assert few.hide("stickiness", {}, [mean, days[0]], [], LEAST) == [mean, days[0]]
    found = few.hide("stickiness", {}, [mean, *days], [], LEAST)
    assert [row["ratio"] for row in found] == [Hidden(), 0.2, Hidden()], "97 of 100: three were not there"


def test_a_trend_is_hidden_by_the_people_in_it_whatever_it_measures() -> None:
    rows = [
        {"period": "a", "value": 250.5, "previous": 30.0},
        {"period": "b", "value": 7.0, "previous": 8.0},
        {"period": "c", "value": 3.0, "previous": None},
    ]
    people = [{"period": "a", "value": 1, "previous": 9}, {"period": "b", "value": 9, "previous": 2}]
    found = few.hide("trends", {"measure": "sum", "property": "total"}, rows, [people], LEAST)
    assert [(row["value"], row["previous"]) for row in found] == [(Hidden(), 30.0), (7.0, Hidden()), (3.0, None)]
    counted = few.hide("trends", {}, [{"period": "d", "value": 3}, {"period": "a", "value": 40}], [people], LEAST)
    assert [row["value"] for row in counted] == [Hidden("<5"), Hidden()]
    ratio = few.hide("trends", {"divided_by": ["B"]}, [{"period": "b", "value": 0.5}], [people, [{"period": "b", "value": 2}]], LEAST)
    assert ratio == [{"period": "b", "value": Hidden()}]


@pytest.mark.parametrize("least", [0, 1])
def test_nothing_is_hidden_where_none_are_few(least: int) -> None:
    rows = [{"period": "a", "value": 1, "previous": 1}]
    assert few.hide("trends", {}, rows, [rows], least) == rows


def test_every_report_of_the_playbook_says_what_it_counts() -> None:
    assert {file.name for file in files.playbook()} <= COUNTS.keys() | UNKNOWN
