"""Annotations: made from a chart's page, there on every chart over time and in the rows behind it."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shopping import HOSTILE

from clew.state import annotating
from clew.web.notes.flags import Flag, by_row
from pages import Stage, form_token

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}


def flags(text: str) -> list[tuple[str, str]]:
    """Where on the axis, and what, of the list under a chart."""
    return re.findall(r'<li data-x="([^"]+)"><span aria-hidden="true">⚑</span> <time>[^<]*</time> ([^<]*?) <', text)


def marked(text: str) -> list[tuple[str, str]]:
    """The beginning of each row of the table that has a flag, and what it says."""
    return re.findall(r"<t[dh][^>]*>(?:<a[^>]*>)?([\w\- :]+)(?:</a>)?(?:<i[^>]*>[^<]*</i>)? <b class=\"flag\"[^>]*>⚑ ([^<]*)</b>", text)


CHARTS = [
    ("/trends?range=28d", "2026-11-02", "Mon 2026-11-02"),
    ("/trends?range=28d&by=category&event=Product+Viewed", "2026-11-02", "Mon 2026-11-02"),
    ("/trends?range=28d&interval=week", "2026-11-02", "2026-11-02"),
    ("/trends?range=90d&interval=month", "2026-11-02", "2026-11-01"),
    ("/trends?from=2026-11-01&to=2026-11-03&interval=hour", "2026-11-01T23:00:00Z", "2026-11-01T23:00:00Z"),
    ("/lifecycle?range=90d", "2026-11-02", "2026-11-02"),
    ("/stickiness?range=28d", "2026-11-02", "Mon 2026-11-02"),
    ("/retention?range=90d", "2026-11-02", "2026-11-02"),
    ("/funnel?range=28d&step=Page+Viewed&step=Product+Viewed&by_day=true", "2026-11-02", ""),
    ("/reports/feature_use?days=28", "2026-11-02", ""),
]


@pytest.mark.parametrize(("path", "x", "row"), CHARTS)
async def test_every_chart_over_time_has_its_flags(site: Stage, path: str, x: str, row: str) -> None:
    annotating.annotate(site.state, "2026-11-02", "Release 2.0", "ada")
    annotating.annotate(site.state, "2025-01-01", "Long ago", "ada")
    text = (await (await site.logged_in()).get(path, headers=WAIT)).text
    assert flags(text) == [(x, "Release 2.0")]
    if row:
        assert marked(text) == [(row, "Release 2.0")]


@pytest.mark.parametrize("path", ["/", "/sessions/metrics", "/sessions/metrics?grain=week"])
async def test_the_overview_and_the_session_metrics_too(stage: Stage, path: str) -> None:
    annotating.annotate(stage.state, "2026-11-10", "Sale", "ada")
    text = (await (await stage.logged_in()).get(path, headers=WAIT)).text
    assert flags(text) == [("2026-11-10", "Sale")]
    ((row, said),) = marked(text)
    assert said == "Sale"
    assert "2026-11-09" in row if "week" in path else "2026-11-10" in row
    stage.state.close()


@pytest.mark.parametrize("path", ["/funnel?range=28d&step=Page+Viewed", "/paths", "/stickiness?show=histogram", "/trends?cell=2026-11-02"])
async def test_what_does_not_go_by_time_has_none(site: Stage, path: str) -> None:
    annotating.annotate(site.state, "2026-11-02", "Release 2.0", "ada")
    answer = await (await site.logged_in()).get(path, headers=WAIT)
    assert answer.status_code == 200
    text = answer.text
    assert flags(text) == []
    assert "Annotate" not in text.split("<dialog")[0]


async def test_one_is_made_on_a_charts_page_and_deleted(site: Stage) -> None:
    client = await site.logged_in("ada", "analyst")
    path = "/trends?range=28d&measure=people"
    text = (await client.get(path, headers=WAIT)).text
    token = {"form_token": form_token(text)}
    (then,) = {html.unescape(found) for found in re.findall(r'name="next" value="([^"]+)"', text)}
    answer = await client.post("/annotations", data={**token, "day": "2026-11-09", "text": HOSTILE, "next": then})
    assert answer.headers["location"] == path
    text = (await client.get(path, headers=WAIT)).text
    assert HOSTILE not in text
    assert html.unescape(flags(text)[0][1]) == HOSTILE
    (made,) = annotating.all_annotations(site.state)
    assert (made.day, made.made_by) == (dt.date(2026, 11, 9), "ada")
    assert "&lt;script&gt;" in (await client.get("/annotations")).text
    for data in ({"day": "x", "text": "a"}, {"day": "2026-11-09", "text": " "}):
        assert (await client.post("/annotations", data={**token, **data})).status_code == 409
    elsewhere = await client.post("/annotations", data={**token, "day": "2026-11-09", "text": "a", "next": "https://x.example"})
    assert elsewhere.headers["location"] == "/"
    assert (await client.post("/annotations/1", data=token)).status_code == 303
    assert (await client.post("/annotations/1", data=token)).status_code == 409
    assert [each.text for each in annotating.all_annotations(site.state)] == ["a"]
    assert (await client.post("/annotations/2", data={})).status_code == 403


async def test_a_viewer_reads_them(site: Stage) -> None:
    annotating.annotate(site.state, "2026-11-02", "Release 2.0", "ada")
    viewer = await site.logged_in("vera", "viewer")
    text = (await viewer.get("/annotations")).text
    assert "Release 2.0" in text
    assert 'action="/annotations' not in text + (await viewer.get("/trends", headers=WAIT)).text
    assert (await viewer.post("/annotations/1", data={"form_token": form_token(text)})).status_code == 403


@given(st.lists(st.dates(dt.date(2026, 1, 1), dt.date(2026, 3, 1))), st.sets(st.dates(dt.date(2026, 1, 1), dt.date(2026, 3, 1))))
def test_each_stands_in_the_row_of_its_period(days: list[dt.date], starts: set[dt.date]) -> None:
    ordered = sorted(day.isoformat() for day in starts)
    rows = by_row([Flag(day.isoformat(), "", "", "") for day in days], ordered)
    expected = {
        start: [day.isoformat() for day in days if max((s for s in ordered if s <= day.isoformat()), default="") == start] for start in ordered
    }
    assert {start: [flag.x for flag in found] for start, found in rows.items()} == {start: found for start, found in expected.items() if found}
