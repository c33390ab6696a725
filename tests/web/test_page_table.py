from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest

from clew.web.context import Status
from pages import AS_OF, Session, Stage, database

pytestmark = pytest.mark.anyio
HOSTILE = """=cmd()<script>alert("x")</script>'; DROP TABLE session_facts; --\nSELECT 1 $holding"""
WAIT = {"x-clew-wait": "1"}
PATH = "/pages"


async def test_the_page_shows_the_numbers_before_any_script(stage: Stage) -> None:
    client = await stage.logged_in()
    html = (await client.get(PATH, headers=WAIT)).text
    told = (await client.get(f"/api{PATH}")).json()
    assert f"Views: {told['total']['views']:,}" in html
    assert told["rows"][0]["page"] == "/"
    assert all(f">{row['numbers']['views']:,}<" in html for row in told["rows"])
    assert "compared with 2026-09-29 – 2026-10-26, until the same time of day" in html


@pytest.mark.parametrize("query", ["", "?holding=S&source=web", "?country=NL&compare=off&range=90d"])
async def test_the_json_the_csv_and_the_sql_agree(stage: Stage, store: duckdb.DuckDBPyConnection, query: str) -> None:
    client = await stage.logged_in()
    told = (await client.get(f"/api{PATH}{query}")).json()
    total, *rows = store.cursor().execute((await client.get(f"{PATH}.sql{query}")).text).fetchall()
    assert total[1] == told["total"]["views"] > 0
    assert [row[:3] for row in rows] == [(r["page"], r["numbers"]["views"], r["numbers"]["sessions"]) for r in told["rows"]]
    table = list(csv.DictReader(io.StringIO((await client.get(f"{PATH}.csv{query}")).text)))
    assert [(row["page"], int(row["exits"])) for row in table] == [(row[0], row[5]) for row in rows]


async def test_entrances_and_exits_lead_to_the_sessions_that_they_count(stage: Stage) -> None:
    client = await stage.logged_in()
    html = (await client.get(f"{PATH}?source=web&range=90d&sort=name", headers=WAIT)).text
    told = {r["page"]: r["numbers"] for r in (await client.get(f"/api{PATH}?source=web&range=90d")).json()["rows"]}
    for key, name in (("entrances", "landing"), ("exits", "exit")):
        query = urlencode({"source": "web", "range": "90d", name: "/sale"})
        assert f'href="/sessions/metrics?{query.replace("&", "&amp;")}" title="These sessions">{told["/sale"][key]}</a>' in html
        assert (await client.get(f"/api/sessions/metrics?{query}")).json()["total"]["sessions"] == told["/sale"][key]


async def test_a_page_is_compared_with_itself_before(tmp_path: Path) -> None:
    def seen(page: str, count: int, back: int) -> list[Session]:
        return [Session(i, AS_OF - dt.timedelta(days=back), "web", True, landing_page=page, exit_page=page) for i in range(count)]

    with database([], seen("/a", 40, 1) + seen("/new", 35, 1) + seen("/a", 80, 29) + seen("/gone", 50, 29)) as store:
        client = await Stage(tmp_path, store).logged_in()
        told = (await client.get(f"/api{PATH}")).json()
        assert {r["page"]: r["numbers"]["views"] for r in told["before"]} == {"/a": 80}, "only pages of now; the total is of all"
        assert told["total_before"]["views"] == 130
        html = (await client.get(PATH, headers=WAIT)).text
        assert '<td class="change">▼ 50.0 %' in html
        assert '<td class="change">none before' in html
        html = (await client.get(f"{PATH}?compare=off", headers=WAIT)).text
        assert "▼" not in html
        assert 'class="change"' not in html


async def test_pages_are_small_and_turned_and_searched(tmp_path: Path) -> None:
    names = [f"/shop/category-{i}/a-rather-long-name-of-a-product-{i}" for i in range(120)]
    sessions = [Session(i, AS_OF, "web", True, landing_page=names[i % 120], exit_page=names[i % 120]) for i in range(400)]
    with database([], sessions) as store:
        client = await Stage(tmp_path, store).logged_in()
        answer = await client.get(f"{PATH}?page=2", headers=WAIT)
        assert len(answer.content) < 50_000
        assert "page 2 of 5" in answer.text
        assert "120 pages." in answer.text
        found = (await client.get(f"{PATH}?holding=CATEGORY-7/", headers=WAIT)).text
        assert "1 page." in found
        assert "page holds: CATEGORY-7/" in found


async def test_a_hostile_name_is_text_everywhere(tmp_path: Path) -> None:
    with database([], [Session(1, AS_OF, "web", True, landing_page=HOSTILE, exit_page=HOSTILE)]) as store:
        client = await Stage(tmp_path, store).logged_in()
        query = "?" + urlencode({"holding": HOSTILE, "landing": HOSTILE})
        html = (await client.get(f"{PATH}{query}", headers=WAIT)).text
        assert "<script>alert" not in html
        assert [row["page"] for row in (await client.get(f"/api{PATH}{query}")).json()["rows"]] == [HOSTILE]
        assert len(store.cursor().execute((await client.get(f"{PATH}.sql{query}")).text).fetchall()) == 2
        assert "'=cmd()" in (await client.get(f"{PATH}.csv{query}")).text


@pytest.mark.parametrize("query", ["range=fortnight", "from=x&to=y", f"holding={'x' * 201}"])
async def test_what_cannot_be_asked_says_what_is_expected(stage: Stage, query: str) -> None:
    client = await stage.logged_in()
    for path in (PATH, f"/api{PATH}", f"{PATH}.csv", f"{PATH}.sql"):
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "expected" in answer.text


@pytest.mark.parametrize("query", ["sort=nonsense", "page=-1", "page=9999999999", "sort=mean-up", "sort=name"])
async def test_what_is_not_known_is_shown_in_the_usual_way(stage: Stage, query: str) -> None:
    client = await stage.logged_in()
    assert (await client.get(f"{PATH}?{query}", headers=WAIT)).status_code == 200


async def test_before_the_first_build(stage: Stage) -> None:
    stage.status = Status()
    client = await stage.logged_in()
    assert "No events yet" in (await client.get(PATH)).text
    for path in (f"/api{PATH}", f"{PATH}.csv", f"{PATH}.sql"):
        assert (await client.get(path)).status_code == 409


async def test_rates_of_few_are_marked(tmp_path: Path) -> None:
    sessions = [Session(i, AS_OF, "web", True, landing_page="/a" if i < 40 else "/b", exit_page="/a" if i < 40 else "/b") for i in range(43)]
    with database([], sessions) as store:
        client = await Stage(tmp_path, store).logged_in()
        rows = (await client.get(f"{PATH}?compare=off", headers=WAIT)).text.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
        assert [row.count('class="small"') for row in rows] == [0, 3], "views each, bounce rate and exit rate; no time was measured"
