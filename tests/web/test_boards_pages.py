"""Dashboards: put together, ordered, shared by links; and that a link shows numbers of many and no person."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shopping import HOSTILE

from clew import clock, config
from clew.config import Web
from clew.predicates import OF_SESSION, Field
from clew.state import boards, saved, shares
from clew.web.boards.private import is_personal
from pages import Stage, form_token

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}
FUNNEL = "range=90d&step=Page+Viewed&step=Product+Viewed&step=Order+Completed"
FINE = [
    ("Funnel", "funnel", FUNNEL, "chart"),
    ("Share", "funnel", FUNNEL, "number"),
    ("Categories", "trends", "by=category&event=Product+Viewed&range=28d", "table"),
    ("People", "trends", "measure=people&range=28d", "number"),
    ("Stays", "retention", "range=90d", "table"),
    ("Stays so long", "retention", "range=90d", "number"),
    ("States", "lifecycle", "range=90d", "number"),
    ("Sticks", "stickiness", "", "number"),
    ("Paths", "paths", "range=28d&show=links", "chart"),
    ("Features", "feature_use", "days=7", "table"),
]
PERSONAL = [
    ("By user", "trends", "by=%40user_id", "identifier of people by its name"),
    ("By property", "trends", "by=email", "identifier of people by its name"),
    ("Of one", "trends", urlencode({"event": "Order Completed{@user_id=u01}"}), "identifier of people by its name"),
    ("Of a value", "trends", urlencode({"event": "Order Completed{category=u01}"}), "is an identifier of a person"),
    ("Of a mail", "trends", urlencode({"event": "Order Completed{category=a@b.example}"}), "looks like an identifier"),
    ("Excluded", "funnel", f"{FUNNEL}&{urlencode({'exclude': 'Product Added{@anonymous_id=x}@1-2'})}", "identifier of people by its name"),
    ("Paths by id", "paths", "label=%40device_id", "identifier of people by its name"),
    ("List", "funnel", f"{FUNNEL}&reached=2", "list of people"),
    ("Own", "own_people", "", "file of this project's own"),
]


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection) -> Iterator[Stage]:
    made = Stage(tmp_path, shop)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "own_people.sql").write_text("SELECT DISTINCT user_id AS who FROM mapped_tracks ORDER BY 1")
    yield made
    made.state.close()


def filled(site: Stage, reports: list[tuple[str, str, str, str]]) -> int:
    board = boards.make(site.state, "Every morning", "owner")
    for name, report, query, shape in reports:
        boards.add(site.state, board.board_id, saved.save(site.state, name, report, query, "owner").saved_id, shape)
    return board.board_id


def shared_path(site: Stage, board: int, days: str = "") -> str:
    return f"/shared/{shares.token(config.salt(site.root), shares.share(site.state, board, days, 'owner').link_id)}"


async def send(client: httpx.AsyncClient, path: str, **fields: Any) -> httpx.Response:
    token = form_token((await client.get("/dashboards")).text)
    return await client.post(path, data={"form_token": token, **fields})


async def test_a_dashboard_is_made_filled_ordered_and_deleted(site: Stage) -> None:
    client = await site.logged_in()
    for name in ("One", "Two", "Three"):
        saved.save(site.state, name, "trends", "measure=people", "owner")
    assert (await send(client, "/dashboards", name="Mornings")).headers["location"] == "/dashboards/1?view=edit"
    assert (await send(client, "/dashboards", name="mornings")).status_code == 409
    for number in ("1", "2", "3"):
        await send(client, "/dashboards/1/tiles", do="add", saved=number, shape="chart")
    await send(client, "/dashboards/1/tiles", do="up", tile="3")
    await send(client, "/dashboards/1/tiles", do="up", tile="3")
    await send(client, "/dashboards/1/tiles", do="up", tile="3")
    await send(client, "/dashboards/1/tiles", do="down", tile="1")
    await send(client, "/dashboards/1/tiles", do="shape", tile="1", shape="number")
    assert [(t.name, t.shape) for t in boards.tiles(site.state, 1)] == [("Three", "chart"), ("Two", "chart"), ("One", "number")]
    await send(client, "/dashboards/1/tiles", do="remove", tile="2")
    await send(client, "/saved/3", do="delete")
    assert [t.name for t in boards.tiles(site.state, 1)] == ["One"], "a report that is deleted leaves its dashboards"
    await send(client, "/dashboards/1", do="rename", name="Evenings")
    assert "Evenings" in (await client.get("/dashboards")).text
    for fields in (
        {"do": "shape", "tile": "1", "shape": "pie"},
        {"do": "add", "saved": "9", "shape": "chart"},
        {"do": "add", "saved": "x"},
        {"do": "x"},
    ):
        assert (await send(client, "/dashboards/1/tiles", **fields)).status_code == 409
    await send(client, "/dashboards/1", do="delete")
    assert (await client.get("/dashboards/1")).status_code == 404
    assert len(saved.all_saved(site.state)) == 2


async def test_its_tiles_say_what_the_reports_say(site: Stage) -> None:
    client = await site.logged_in()
    board = filled(site, FINE)
    text = (await client.get(f"/dashboards/{board}", headers=WAIT)).text
    rows = (await client.get(f"/api/reports/funnel?{FUNNEL}")).json()["rows"]
    assert f"{rows[-1]['share_of_first'] * 100:.1f} %" in text
    assert f"of {rows[0]['units']} reached Order Completed" in text
    assert text.count("data-chart=") == 2
    for path in html.unescape(" ".join(re.findall(r'data-chart="([^"]+)"', text))).split():
        assert (await client.get(path)).json()["chart"]["data"]
    assert "so far" in text
    assert 'href="/trends?by=category' in text, "a number of a table leads to who is behind it"
    assert len(text) < 50_000


async def test_a_report_without_an_answer_says_so_and_the_others_stand(site: Stage) -> None:
    board = filled(site, [("Gone", "nothing", "", "chart"), ("Wrong", "trends", "measure=sum", "chart"), ("Paths", "paths", "", "number"), FINE[3]])
    text = html.unescape((await (await site.logged_in()).get(f"/dashboards/{board}", headers=WAIT)).text)
    assert "There is no report 'nothing'" in text
    assert "expected one with sum" in text
    assert "no single number" in text
    assert "on Sun 2026-11-22" in text


async def test_a_link_shows_the_dashboard_without_log_in(site: Stage) -> None:
    path = shared_path(site, filled(site, FINE))
    stranger = site.client()
    answer = await stranger.get(path)
    assert answer.status_code == 200
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert re.findall(r'href="(?!/static/)', answer.text) == [], "no way to anywhere"
    assert "not shown" not in answer.text
    assert "owner" not in answer.text
    charts = re.findall(r'data-chart="([^"]+)"', answer.text)
    assert len(charts) == 2
    for chart in charts:
        told = (await stranger.get(chart)).json()
        assert told.keys() == {"chart"}
    assert (await stranger.get(f"{path}/status")).json() == {"build_id": 1}
    assert (await stranger.get(f"{path}/99.json")).status_code == 404
    assert (await stranger.post(path)).status_code == 405
    for elsewhere in ("/dashboards/1", "/api/reports/trends", "/people", "/api/status"):
        assert (await stranger.get(elsewhere)).status_code in (303, 401)


async def test_no_person_is_shown_by_any_link(site: Stage) -> None:
    """Nothing that a link shows, as a page or as JSON, holds an identifier of anybody."""
    path = shared_path(site, filled(site, [(name, report, query, "table") for name, report, query, _ in PERSONAL] + FINE))
    stranger = site.client()
    page = (await stranger.get(path)).text
    shown = [page] + [(await stranger.get(f"{path}/{number}.json")).text for number in range(1, 20)]
    assert page.count("not shown to who is not logged in") == len(PERSONAL)
    for person in range(90):
        assert not any(re.search(rf"\bu{person:02}\b", text) for text in shown)


@pytest.mark.parametrize(("name", "report", "query", "reason"), PERSONAL)
async def test_who_shares_is_told_what_is_not_shown(site: Stage, name: str, report: str, query: str, reason: str) -> None:
    board = filled(site, [(name, report, query, "table")])
    text = html.unescape((await (await site.logged_in()).get(f"/dashboards/{board}?view=edit", headers=WAIT)).text)
    assert re.search(rf"<li><b>{name}</b>: [^<]*{reason}", text), text


async def test_a_link_shows_no_number_of_few(site: Stage) -> None:
    """Who is logged in sees them, on the dashboard too."""
    tiles = [
        ("By category", "trends", "by=category&event=Order+Completed&measure=people&range=28d", "table"),
        ("Drawn", "trends", "by=category&event=Order+Completed&measure=people&range=28d", "chart"),
        ("Brought", "trends", "event=Order+Completed&measure=sum&property=total&range=28d", "chart"),
        ("Of one day", "trends", "event=Order+Completed&measure=people&range=yesterday", "number"),
    ]
    board = filled(site, tiles)
    path, client = shared_path(site, board), await site.logged_in()
    rows = (await client.get(f"/api/reports/trends?{tiles[0][2]}")).json()["rows"]
    assert any(0 < row["value"] < 5 for row in rows)
    text = (await site.client().get(path)).text
    assert "&lt;5</td>" in text
    assert "Numbers of fewer than 5" in text
    assert not re.search(r"<td>[1-4]</td>", text)
    assert "It stands for few" in text
    for number in (2, 3):
        chart = (await site.client().get(f"{path}/{number}.json")).json()["chart"]
        assert not any(0 < (y or 0) < 5 for trace in chart["data"] for y in trace["y"])
    people = {
        row["period"]: row["value"] for row in (await client.get("/api/reports/trends?event=Order+Completed&measure=people&range=28d")).json()["rows"]
    }
    brought = (await site.client().get(f"{path}/3.json")).json()["chart"]["data"]
    for trace in brought[:-1]:
        assert all(y is None or people[x] == 0 or people[x] >= 5 for x, y in zip(trace["x"], trace["y"], strict=True))
    assert re.search(r">[1-4]</a>", (await client.get(f"/dashboards/{board}", headers=WAIT)).text)
    site.settings = msgspec.structs.replace(site.settings, web=Web(shared_least=0))
    shown = (await site.client().get(path)).text
    assert "fewer than" not in shown
    assert re.search(r"<td>[1-4]</td>", shown)


async def test_a_link_ends(site: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    board = filled(site, FINE[:1])
    client, stranger = await site.logged_in(), site.client()
    path, short = shared_path(site, board), shared_path(site, board, "7")
    other = shared_path(site, board)
    assert [(await stranger.get(p)).status_code for p in (path, short, other)] == [200, 200, 200]
    await send(client, f"/dashboards/{board}/links", do="revoke", link=path.split("/")[2].split(".")[0])
    assert [(await stranger.get(path + more)).status_code for more in ("", "/status", "/1.json")] == [404, 404, 404]
    assert "does not hold any more" in (await stranger.get(path)).text
    now = site.state.now()
    monkeypatch.setattr(site.state, "now", lambda: now + 8 * clock.DAY)
    assert [(await stranger.get(p)).status_code for p in (short, other)] == [404, 200]
    assert [share.expires_at for share in shares.shares(site.state, board)] == [None]
    boards.delete(site.state, board)
    assert (await stranger.get(other)).status_code == 404


async def test_a_link_is_signed_by_the_projects_secret(site: Stage) -> None:
    board = filled(site, FINE[:1])
    link = shares.share(site.state, board, "", "owner")
    good = shares.token(config.salt(site.root), link.link_id)
    bad = [shares.token("another secret", link.link_id), good[:-1], good + "=", link.link_id, f"{link.link_id}.", "é", good.swapcase()]
    for token in bad:
        assert (await site.client().get(f"/shared/{token}")).status_code == 404
    assert (await site.client().get(f"/shared/{good}")).status_code == 200


async def test_strangers_cost_one_answer_a_build(site: Stage) -> None:
    path = shared_path(site, filled(site, FINE))
    asked: list[str] = []
    inner = site.context.warehouse

    class Counting:
        def cursor(self) -> duckdb.DuckDBPyConnection:
            asked.append("")
            return inner.cursor()

    counting = Stage(site.root, Counting())
    stranger = counting.client()
    await stranger.get(path)
    once = len(asked)
    for _ in range(5):
        await stranger.get(path)
        await stranger.get(f"{path}/1.json")
    assert len(asked) == once > 0
    counting.status = msgspec.structs.replace(counting.status, build_id=2)
    await stranger.get(path)
    assert len(asked) == 2 * once
    counting.state.close()


async def test_a_viewer_looks_and_an_analyst_shares(site: Stage) -> None:
    board = filled(site, FINE[:1])
    shared_path(site, board)
    viewer = await site.logged_in("vera", "viewer")
    text = (await viewer.get(f"/dashboards/{board}?view=edit", headers=WAIT)).text
    assert "Edit and share" not in text
    assert "/shared/" not in text, "who may only look does not hand on"
    for path in ("/dashboards", f"/dashboards/{board}", f"/dashboards/{board}/tiles", f"/dashboards/{board}/links"):
        assert (await viewer.post(path, data={"form_token": form_token(text), "do": "share", "name": "x"})).status_code == 403
    analyst = await site.logged_in("ada", "analyst")
    assert (await send(analyst, f"/dashboards/{board}/links", do="share", days="30")).status_code == 303
    assert (await send(analyst, f"/dashboards/{board}/links", do="share", days="31")).status_code == 409
    assert (
        len(re.findall(r'value="http://127.0.0.1:8470/shared/[\w.-]+"', (await analyst.get(f"/dashboards/{board}?view=edit", headers=WAIT)).text))
        == 2
    )
    assert (await analyst.post(f"/dashboards/{board}/links", data={"do": "share"})).status_code == 403


async def test_hostile_names_stay_text(site: Stage) -> None:
    board = boards.make(site.state, HOSTILE, "owner").board_id
    boards.add(site.state, board, saved.save(site.state, f"{HOSTILE}2", "trends", "by=category", "owner").saved_id, "table")
    client = await site.logged_in()
    for text in [(await client.get(p, headers=WAIT)).text for p in ("/dashboards", f"/dashboards/{board}?view=edit", shared_path(site, board))]:
        assert HOSTILE not in text
        assert "&lt;script&gt;alert(" in text


@given(
    st.sampled_from(("id", "user_id", "userId", "customerEmail", "e-mail.phone", "ip", "IPAddress", "sessionToken", "fullName", "name", "person")),
    st.booleans(),
)
def test_names_of_identifiers(key: str, nested: bool) -> None:
    assert is_personal(Field(path=("order", key) if nested else (key,)))


def test_what_may_be_shown_by_its_name() -> None:
    keys = ("category", "productId", "product_name", "plan", "price", "currency", "campaign_id", "step", "width")
    assert [key for key in keys if is_personal(Field(path=(key,)))] == []
    assert (
        json.dumps(sorted(column for column in ("platform", "source", "type") if not is_personal(Field(column=column))))
        == '["platform", "source", "type"]'
    )
    assert {key for key in OF_SESSION if is_personal(Field(column=key))} == {"landing", "exit"}
