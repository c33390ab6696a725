"""Saved reports: what is kept is what was asked, and only who may change things keeps it."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl

import httpx
import pytest
from tests.shopping import HOSTILE

from clew.state import saved
from pages import Stage, form_token

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}
ASKED = "/funnel?within=2d&range=90d&step=Product+Viewed&step=Order+Completed&page=2&nothing=x"
KEPT = "/funnel?range=90d&step=Product+Viewed&step=Order+Completed&within=2d"


async def keep(client: httpx.AsyncClient, path: str, name: str) -> httpx.Response:
    """As the page's own form does."""
    text = (await client.get(path, headers=WAIT)).text
    found = re.search(r'<form method="post" action="/saved">(.*?)</form>', text, re.DOTALL)
    assert found, text
    fields = {key: html.unescape(value) for key, value in re.findall(r'name="(\w+)" value="([^"]*)"', found[1])}
    return await client.post("/saved", data={**fields, "name": name})


async def test_a_report_is_kept_as_it_was_asked(site: Stage) -> None:
    client = await site.logged_in()
    answer = await keep(client, ASKED, " Orders ")
    assert (answer.status_code, answer.headers["location"]) == (303, KEPT)
    page = (await client.get(KEPT, headers=WAIT)).text
    assert 'Saved as <a href="/reports#saved-1">Orders</a>' in page
    listed = html.unescape((await client.get("/reports")).text)
    assert "Funnel: steps Product Viewed, Order Completed; within 2d; last 90 days" in listed
    assert (await client.get("/saved/1")).headers["location"] == KEPT


async def test_it_is_renamed_and_deleted(site: Stage) -> None:
    client = await site.logged_in()
    await keep(client, "/trends?by=category", "Categories")
    await keep(client, "/retention", "Who stays")
    token = {"form_token": form_token((await client.get("/reports")).text)}
    assert (await client.post("/saved/1", data={**token, "do": "rename", "name": "WHO stays"})).status_code == 409
    assert (await client.post("/saved/1", data={**token, "do": "rename", "name": HOSTILE})).status_code == 303
    listed = (await client.get("/reports")).text
    assert HOSTILE not in listed
    assert html.escape(HOSTILE, quote=True).replace("&#x27;", "&#39;") in listed
    assert (await client.post("/saved/2", data={**token, "do": "delete"})).status_code == 303
    assert [each.name for each in saved.all_saved(site.state)] == [HOSTILE]
    assert (await client.get("/saved/2")).status_code == 404
    assert (await client.post("/saved/1", data={**token, "do": "burn"})).status_code == 409


@pytest.mark.parametrize(
    ("report", "query", "name", "status"),
    [
        ("funnel", "", "No step", 409),
        ("funnel", "step=A&reached=1", "People", 409),
        ("trends", "", "", 409),
        ("trends", "", "a\nb", 409),
        ("trends", f"event={'x' * 4000}", "Long", 409),
        ("nothing", "", "None", 404),
        ("trends", "range=soon", "When", 400),
    ],
)
async def test_what_cannot_be_kept(site: Stage, report: str, query: str, name: str, status: int) -> None:
    client = await site.logged_in()
    token = form_token((await client.get("/trends", headers=WAIT)).text)
    assert (await client.post("/saved", data={"form_token": token, "report": report, "query": query, "name": name})).status_code == status
    assert saved.all_saved(site.state) == []


async def test_a_report_in_a_file_keeps_its_own_params(site: Stage) -> None:
    client = await site.logged_in()
    await keep(client, "/reports/feature_use?days=7&other=1", "Features")
    kept = saved.by_name(site.state, "features")
    assert (kept.report, dict(parse_qsl(kept.query))) == ("feature_use", {"days": "7"})
    assert (await client.get("/saved/1")).headers["location"] == "/reports/feature_use?days=7"


async def test_a_viewer_opens_and_does_not_keep(site: Stage) -> None:
    await keep(await site.logged_in(), "/trends", "Events")
    viewer = await site.logged_in("vera", "viewer")
    page = (await viewer.get("/trends", headers=WAIT)).text
    assert 'action="/saved"' not in page
    assert "Saved as" in page
    assert "Rename" not in (await viewer.get("/reports")).text
    assert (await viewer.get("/saved/1")).headers["location"] == "/trends"
    for path in ("/saved", "/saved/1"):
        assert (await viewer.post(path, data={"form_token": form_token(page), "do": "delete"})).status_code == 403
    assert len(saved.all_saved(site.state)) == 1


async def test_the_form_token_is_checked(site: Stage) -> None:
    client = await site.logged_in()
    await keep(client, "/trends", "Events")
    assert (await client.post("/saved/1", data={"do": "delete"})).status_code == 403
    assert (await client.post("/saved", data={"report": "trends", "name": "Two"})).status_code == 403
