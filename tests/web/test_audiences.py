"""Audiences: the people behind a number or of a list, kept under a name and counted as the list counts them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from tests.shopping import HOSTILE, STEPS

from clew.analyses.audience import in_list
from clew.errors import QueryError
from clew.state import audiences
from pages import AS_OF, Stage, form_token, micros
from shop import People
from web.test_people_pages import fill

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}
FUNNEL = urlencode([("step", step) for step in STEPS[1:]] + [("range", "90d")])
LISTS = [
    f"/funnel?{FUNNEL}&reached=2",
    f"/funnel?{FUNNEL}&dropped=3",
    f"/funnel?{FUNNEL}&by=category&reached=1&cell=Shoes",
    f"/funnel?{FUNNEL}&unit=session&reached=2",
    f"/funnel?{FUNNEL}&by_day=true&reached=1&cell=2026-11-02",
    "/trends?measure=people&interval=week&range=90d&cell=2026-11-09",
    "/trends?measure=sessions&interval=week&range=90d&cell=2026-11-09",
    "/trends?event=Product+Viewed&interval=week&cell=2026-11-09",
    "/retention?range=90d&cell=2026-11-02&cell=1&cell=1",
    "/retention?range=90d&cell=2026-11-02",
    "/lifecycle?range=90d&interval=week&cell=2026-11-09&cell=new",
    "/stickiness?show=histogram&cell=2",
    "/paths?range=90d&cell=Page+Viewed&cell=%28exit%29",
    "/paths?range=90d&scope=history&show=steps&cell=1&cell=Page+Viewed",
]


async def keep(client: httpx.AsyncClient, path: str, name: str) -> httpx.Response:
    """As the page's own form does."""
    text = (await client.get(path, headers=WAIT)).text
    found = re.search(r'<form method="post" action="/audiences">(.*?)</form>', text, re.DOTALL)
    assert found, text
    fields = {key: html.unescape(value) for key, value in re.findall(r'name="(\w+)" value="([^"]*)"', found[1])}
    return await client.post("/audiences", data={**fields, "name": name})


@pytest.mark.parametrize("path", LISTS)
async def test_it_has_the_people_of_the_list(site: Stage, path: str) -> None:
    client = await site.logged_in()
    name, _, query = path.partition("?")
    rows: list[dict[str, Any]] = (await client.get(f"/api/reports{name}?{query}")).json()["rows"]
    people = {row["universal_user_id"] for row in rows} - {None}
    answer = await keep(client, path, "Some")
    assert (answer.status_code, answer.headers["location"]) == (303, "/audiences")
    (kept,) = audiences.all_audiences(site.state)
    assert kept.people == len(people) > 0
    opened = (await client.get("/audiences/1")).headers["location"]
    again = (await client.get(f"/api/reports{opened}")).json()["rows"]
    assert {row["universal_user_id"] for row in again} - {None} == people
    assert ("from=" in opened) == ("cell=" in path), "a cell stays with its days, steps move along"


PEOPLE = ["/people", "/people?q=a&by=identifier", "/people?q=ada&by=trait"]
PEOPLE += [f"/people?active_from=2026-11-22&active_to=2026-11-24{more}" for more in ("", "&source=app")]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    made = People(tmp_path_factory.mktemp("people"))
    fill(made)
    made.build()
    yield made
    made.close()


@pytest.mark.parametrize("path", PEOPLE)
async def test_lists_of_people_too(tmp_path: Path, people: People, path: str) -> None:
    site = Stage(tmp_path, people.database)
    site.status = people.status()
    client = await site.logged_in()
    text = (await client.get(path)).text
    (total,) = re.findall(r"<span>(?:\d+–\d+ of )?([\d,]+) (?:people|person)</span>", text)
    await keep(client, f"{path}{'&' if '?' in path else '?'}page=1", "Some")
    (kept,) = audiences.all_audiences(site.state)
    assert kept.people == int(total) > 0
    assert "page" not in kept.query
    opened = (await client.get("/audiences/1")).headers["location"]
    assert f"{total} pe" in (await client.get(opened)).text
    site.state.close()


async def test_it_is_listed_counted_again_renamed_and_deleted(site: Stage) -> None:
    client = await site.logged_in()
    await keep(client, LISTS[0], "Lookers")
    text = html.unescape((await client.get("/audiences")).text)
    assert "Funnel: steps Product Viewed, Product Added, Order Completed; last 90 days; who reached step 2" in text
    assert "Count again" not in text
    people = audiences.by_id(site.state, 1).people
    assert f"{people} people" in text
    audiences.counted(site.state, 1, audiences.Count(0, 0, 0))
    site.status = msgspec.structs.replace(site.status, build_id=2)
    assert "Count again" in (await client.get("/audiences")).text
    token = {"form_token": form_token((await client.get("/audiences")).text)}
    await client.post("/audiences/1", data={**token, "do": "count"})
    found = audiences.by_id(site.state, 1)
    assert (found.people, found.build_id, found.data_as_of) == (people, 2, micros(AS_OF))
    await client.post("/audiences/1", data={**token, "do": "rename", "name": HOSTILE})
    assert HOSTILE not in (await client.get("/audiences")).text
    assert (await client.post("/audiences/1", data={**token, "do": "x"})).status_code == 409
    await client.post("/audiences/1", data={**token, "do": "delete"})
    assert (await client.get("/audiences/1")).status_code == 404


@pytest.mark.parametrize(
    ("report", "query", "said"),
    [
        ("trends", "measure=people", "expected the list behind a number"),
        ("feature_use", "", "expected the list behind a number"),
        ("lifecycle", "unit=account&cell=2026-11-16&cell=new", "found one of accounts"),
        ("trends", "cell=x", "expected a day"),
        ("people", "q=a", "by=identifier or by=trait"),
        ("people", "active_from=x", "expected active_from="),
        ("nothing", "", "There is no report"),
    ],
)
async def test_what_lists_no_people(site: Stage, report: str, query: str, said: str) -> None:
    client = await site.logged_in()
    token = form_token((await client.get("/audiences")).text)
    answer = await client.post("/audiences", data={"form_token": token, "name": "X", "report": report, "query": query})
    assert answer.status_code == 409
    assert said in html.unescape(answer.text)
    assert audiences.all_audiences(site.state) == []


async def test_a_viewer_looks_and_does_not_keep(site: Stage) -> None:
    await keep(await site.logged_in(), LISTS[0], "Lookers")
    viewer = await site.logged_in("vera", "viewer")
    text = (await viewer.get("/audiences")).text
    assert "Lookers" in text
    assert 'action="/audiences' not in text + (await viewer.get("/people")).text + (await viewer.get(LISTS[0], headers=WAIT)).text
    assert (await viewer.post("/audiences/1", data={"form_token": form_token(text), "do": "delete"})).status_code == 403


async def test_names_are_unique(site: Stage) -> None:
    client = await site.logged_in()
    assert (await keep(client, LISTS[0], "Lookers")).status_code == 303
    assert (await keep(client, LISTS[1], "lookers")).status_code == 409


def test_a_list_that_is_none(site: Stage) -> None:
    with pytest.raises(QueryError, match="expected a list among"):
        in_list("everybody", "", {}, site.settings)
