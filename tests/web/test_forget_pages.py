"""Forgetting from the pages: owners alone, by a form of ours, with the name typed; and what a reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clew.errors import LogError
from clew.state import Role
from pages import Stage, form_token
from shop import People, settings
from web.test_people_pages import fill

pytestmark = pytest.mark.anyio


class Asked:
    """What the pages asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.error: Exception | None = None

    def __call__(self, identifier: str, space: str, by: str) -> None:
        self.calls.append((identifier, space, by))
        if self.error:
            raise self.error


@pytest.fixture
def orders() -> Asked:
    return Asked()


@pytest.fixture
def stage(tmp_path: Path, orders: Asked) -> Iterator[Stage]:
    people = People(tmp_path, settings())
    fill(people)
    people.build()
    made = Stage(tmp_path, people.database, forget=orders)
    made.status = people.status()
    yield made
    made.state.close()
    people.close()


async def post(stage: Stage, role: Role = "owner", token: str = "", **form: str) -> httpx.Response:
    client = await stage.logged_in(role, role)
    token = token or form_token((await client.get("/account")).text)
    return await client.post("/forget", data={"form_token": token, **form})


async def test_a_person_is_forgotten_once_the_name_is_typed(stage: Stage, orders: Asked) -> None:
    client = await stage.logged_in()
    assert 'href="/forget?id=ada"' in (await client.get("/people/ada")).text
    page = (await client.get("/forget?id=ada")).text
    assert "Forget ada" in page.replace("<bdi>", "").replace("</bdi>", "") or "ada" in page
    assert "cannot be undone" in page
    answer = await post(stage, id="ada", space="", name=" ada ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/forget")
    assert orders.calls == [("ada", "", "owner")]


async def test_another_name_deletes_nothing(stage: Stage, orders: Asked) -> None:
    answer = await post(stage, id="ada", space="", name="Ada")
    assert (answer.status_code, orders.calls) == (400, [])
    assert "Nothing was deleted" in answer.text


@pytest.mark.parametrize("role", ["viewer", "analyst"])
async def test_owners_alone(stage: Stage, orders: Asked, role: Role) -> None:
    client = await stage.logged_in(role, role)
    assert "/forget" not in (await client.get("/people/ada")).text
    assert (await client.get("/forget?id=ada")).status_code == 403
    assert ((await post(stage, role, id="ada", space="", name="ada")).status_code, orders.calls) == (403, [])


async def test_a_form_of_another_site_deletes_nothing(stage: Stage, orders: Asked) -> None:
    assert ((await post(stage, token="guessed", id="ada", space="", name="ada")).status_code, orders.calls) == (403, [])


async def test_who_is_not_there(stage: Stage, orders: Asked) -> None:
    client = await stage.logged_in()
    assert (await client.get("/forget?id=nobody-at-all")).status_code == 404
    assert ((await post(stage, id="nobody-at-all", space="", name="nobody-at-all")).status_code, orders.calls) == (404, [])


async def test_what_could_not_be_done_is_said(stage: Stage, orders: Asked) -> None:
    orders.error = LogError("chunk 3 is damaged")
    answer = await post(stage, id="ada", space="", name="ada")
    assert answer.status_code == 503
    assert "chunk 3 is damaged" in answer.text


async def test_requests_are_listed(stage: Stage) -> None:
    client = await stage.logged_in()
    assert "None yet" in (await client.get("/forget")).text
