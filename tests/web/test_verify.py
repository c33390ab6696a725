"""Verifying a report: both answers on a page, the sample in the background, and the alarm when they differ."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from tests.shopping import STEPS
from tests.web.test_report_pages import FUNNEL, WAIT

from clew.analyses.engine import tell
from clew.config import Timelines
from clew.models import current_build
from clew.timelines.upkeep import keep
from clew.web.reports.answers import Answers
from pages import Stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A site with a timeline, all of whose answers are verified."""
    monkeypatch.setattr(tell, "is_compiled", lambda: True)
    found = Stage(tmp_path, shop, timelines=Timelines(verify_share=1.0))
    result = current_build(shop.cursor())
    assert result is not None
    assert keep(shop.cursor(), found.settings, tmp_path, result).what == "base"
    return found


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that counts one too many."""
    honest = tell._ROWS["funnel"]
    monkeypatch.setitem(tell._ROWS, "funnel", lambda asking, params: [{**row, "units": row["units"] + 1} for row in honest(asking, params)])


async def verified(site: Stage, count: int) -> Any:
    """The sample, when it is through with so many."""
    sample = site.app.state.reports.sample
    for _ in range(200):
        if sample.verified >= count:
            return sample
        await asyncio.sleep(0.05)
    raise AssertionError(f"verified {sample.verified}, expected {count}")


async def test_the_timeline_answers_and_the_page_says_so(site: Stage) -> None:
    client = await site.logged_in()
    assert "by the timeline" in (await client.get(f"/funnel?{FUNNEL}", headers=WAIT)).text
    assert (await client.get(f"/api/reports/funnel?{FUNNEL}")).json()["engine"] == "kernel"
    assert (await client.get("/api/reports/trends?measure=accounts")).json()["engine"] == "sql"


async def test_both_answers_on_a_page(site: Stage) -> None:
    text = (await (await site.logged_in()).get(f"/reports/funnel/verify?{FUNNEL}")).text
    assert 'data-agrees="yes"' in text
    assert f"Both say the same: {len(STEPS) - 1} rows." in text
    assert text.count('<h2 id="side-') == 2


async def test_both_answers_are_worded_as_the_report_words_them(site: Stage) -> None:
    client = await site.logged_in()
    text = (await client.get(f"/reports/funnel/verify?{FUNNEL}")).text
    report = (await client.get(f"/funnel?{FUNNEL}", headers=WAIT)).text
    heads = re.findall(r'<th[^>]*><a data-turn href="[^"]*sort=[^"]*"[^>]*>([^<]*)</a>', report)
    assert heads[:3] == ["Step", "Name", "People"]
    assert re.findall(r"<th[^>]*>([^<]*)</th>", text) == heads * 2
    shown = [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", report)]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", text) == shown * 2
    assert "universal_user_id" not in text


async def test_retention_is_shown_by_cohort_and_a_line_that_differs_is_named(site: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = tell._ROWS["retention"]

    def lie(asking: Any, params: Any) -> Any:
        first, *rest = honest(asking, params)
        return [{**first, "active": first["active"] + 1}, *rest]

    monkeypatch.setitem(tell._ROWS, "retention", lie)
    text = (await (await site.logged_in()).get("/reports/retention/verify?range=90d")).text
    assert "They differ in 1 of" in text
    assert text.count("<th>Agrees</th>") == 2
    assert text.count('<td class="words">no</td>') == 2
    assert "All complete" in text


async def test_a_question_that_only_the_sql_answers(site: Stage) -> None:
    assert 'data-agrees="alone"' in (await (await site.logged_in()).get("/reports/trends/verify?measure=accounts")).text


async def test_a_difference_is_shown(site: Stage, lying: None) -> None:
    text = (await (await site.logged_in()).get(f"/reports/funnel/verify?{FUNNEL}")).text
    assert 'role="alert" data-agrees="no"' in text
    assert "They differ in" in text


async def test_answers_are_verified_in_the_background(site: Stage) -> None:
    client = await site.logged_in()
    await client.get(f"/funnel?{FUNNEL}", headers=WAIT)
    assert (await verified(site, 1)).trouble is None
    # The same answer again is remembered, and not verified again.
    await client.get(f"/funnel?{FUNNEL}", headers=WAIT)
    await client.get("/lifecycle", headers=WAIT)
    assert (await verified(site, 2)).verified == 2
    assert (await client.get("/api/status")).json()["error"] is None


async def test_a_difference_raises_the_alarm(site: Stage, lying: None, capsys: pytest.CaptureFixture[str]) -> None:
    client = await site.logged_in()
    await client.get(f"/funnel?{FUNNEL}", headers=WAIT)
    await verified(site, 1)
    said = (await client.get("/api/status")).json()["error"]
    assert said.startswith("the timeline and the SQL of funnel differ: They differ in")
    assert said in capsys.readouterr().err
    # From now on the SQL, which is the definition, is asked alone.
    assert (await client.get(f"/api/reports/funnel?{FUNNEL}&within=1d")).json()["engine"] == "sql"


async def test_a_share_of_none_verifies_nothing(site: Stage) -> None:
    site.settings = msgspec.structs.replace(site.settings, timelines=Timelines(verify_share=0.0))
    await (await site.logged_in()).get(f"/funnel?{FUNNEL}", headers=WAIT)
    await asyncio.sleep(0.2)
    assert site.app.state.reports.sample.verified == 0


async def test_without_timelines_the_sql_answers(site: Stage) -> None:
    site.settings = msgspec.structs.replace(site.settings, timelines=Timelines(keep=False))
    assert (await (await site.logged_in()).get(f"/api/reports/funnel?{FUNNEL}")).json()["engine"] == "sql"


async def test_the_events_on_offer_are_those_that_the_sql_counts(site: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await site.logged_in()
    offers = [(await client.get(f"/funnel?range={days}", headers=WAIT)).text.partition('id="seen-events"')[2] for days in ("7d", "90d")]
    monkeypatch.setattr(tell, "is_compiled", lambda: False)
    site.app.state.reports = Answers(site.context, asyncio.Semaphore(1))
    assert offers[0] != offers[1]
    assert [(await client.get(f"/funnel?range={days}", headers=WAIT)).text.partition('id="seen-events"')[2] for days in ("7d", "90d")] == offers
