"""Conflicts, the explaining of a person, and edges that are taken away from a page: who may, and what becomes of the people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clew.config import Identity
from clew.errors import BuildError
from clew.state import Role, denials
from pages import Stage, form_token
from shop import HOSTILE, People, settings
from web.test_people_pages import fill

pytestmark = pytest.mark.anyio
RULES = settings(identity=Identity(denied=(("nobody", "nowhere"),)))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """As on the people pages, with a rename too many, a circle, an id in both roles and a hostile pair."""
    made = People(tmp_path, RULES)
    fill(made)
    made.call("alias", 10, previousId="old-ada", userId="eve")
    made.call("alias", 11, previousId="old-ada", userId="ada")
    made.call("alias", 12, previousId="x", userId="y")
    made.call("alias", 13, previousId="y", userId="x")
    made.call("track", 14, anonymousId="bob", event="Odd")
    made.call("track", 15, anonymousId=HOSTILE, userId="mallory", event="Odd")
    made.build()
    yield made
    made.close()


@pytest.fixture
def stage(tmp_path: Path, people: People) -> Iterator[Stage]:
    def build() -> None:
        people.build()
        made.status = people.status()

    made = Stage(tmp_path, people.database, build=build, identity=RULES.identity)
    made.status = people.status()
    yield made
    made.state.close()


async def get(stage: Stage, path: str, role: Role = "owner") -> str:
    client = await stage.logged_in(role, role)
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text[:1000]
    return answer.text


async def decide(stage: Stage, what: str, alias: str, next_alias: str, role: Role = "analyst", **more: str) -> httpx.Response:
    client = await stage.logged_in(role, role)
    token = form_token((await client.get("/account")).text)
    form = {"form_token": token, "alias": alias, "next_alias": next_alias, "space": "", "next": "/people/ada?view=identity", **more}
    return await client.post(f"/identity/{what}", data=form)


async def test_conflicts_with_their_reasons(stage: Stage) -> None:
    listed = list(csv.DictReader(io.StringIO(await get(stage, "/identity.csv"))))
    found = {(row["reason"], row["alias"], row["other"]) for row in listed}
    assert ("superseded_user_edge", "old-ada", "eve") in found
    assert ("cycle", "x", "y") in found
    assert ("anonymous_and_user", "bob", "") in found
    assert ("shared_device", "laptop", "") in found
    assert ("blocked", "guest", "") in found
    html = await get(stage, "/identity?reason=blocked")
    assert "It is on the list identity.blocked" in html
    assert ">1 identifier<" in html
    only = list(csv.DictReader(io.StringIO(await get(stage, "/identity.csv?reason=cycle"))))
    assert {row["reason"] for row in only} == {"cycle"}
    assert "Nothing is doubtful" in await get(stage, "/identity?reason=too_many_aliases")
    assert "<script>alert" not in await get(stage, "/identity")


async def test_a_person_says_why(stage: Stage) -> None:
    html = await get(stage, "/people/ada?view=identity")
    assert all(text in html for text in ("<svg", "old-ada", "phone", "laptop", "superseded", "message_id=m7", "Shared devices", "What is doubtful"))
    assert "<script>alert" not in await get(stage, "/people/mallory?view=identity")
    assert "One identifier" in await get(stage, "/people/visitor?view=identity")


async def test_an_edge_is_taken_away_and_given_back(stage: Stage, people: People) -> None:
    answer = await decide(stage, "deny", "phone", "ada")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/ada?view=identity")
    cursor = people.database.cursor()
    mapping = "SELECT universal_user_id FROM main.universal_alias_mapping WHERE alias = 'phone'"
    assert cursor.execute(mapping).fetchall() == [("phone",)]
    assert [(d.alias, d.next_alias, d.denied_by) for d in denials(stage.state)] == [("phone", "ada", "analyst")]
    html = await get(stage, "/people/ada?view=identity")
    assert html.index("Denied edges") < html.index('action="/identity/undo"')
    assert "analyst" in await get(stage, "/identity")
    people.settings = RULES
    people.build()
    assert cursor.execute(mapping).fetchall() == [("phone",)], "it survives a build"
    assert (await decide(stage, "undo", "phone", "ada", "owner")).status_code == 303
    assert cursor.execute(mapping).fetchall() == [("ada",)]
    assert denials(stage.state) == []


@pytest.mark.parametrize(
    ("what", "alias", "next_alias", "said"),
    [
        ("deny", "ada", "phone", "name them in that order"),
        ("deny", "no", "such", "expected an edge"),
        ("undo", "phone", "ada", "expected a denied edge"),
        ("undo", "nobody", "nowhere", "in clew.toml"),
    ],
)
async def test_what_cannot_be_decided_says_why(stage: Stage, what: str, alias: str, next_alias: str, said: str) -> None:
    answer = await decide(stage, what, alias, next_alias)
    assert answer.status_code == 409
    assert said in answer.text
    assert denials(stage.state) == []


async def test_viewers_see_no_buttons_and_are_refused(stage: Stage) -> None:
    for path in ("/people/ada?view=identity", "/identity"):
        html = await get(stage, path, "viewer")
        assert "/identity/deny" not in html
        assert "/identity/undo" not in html
    assert 'action="/identity/deny"' in await get(stage, "/people/ada?view=identity", "analyst")
    answer = await decide(stage, "deny", "phone", "ada", "viewer")
    assert answer.status_code == 403
    assert "wants the role analyst" in answer.text
    assert denials(stage.state) == []


async def test_a_form_of_another_site_decides_nothing(stage: Stage) -> None:
    assert (await decide(stage, "deny", "phone", "ada", form_token="0" * 64)).status_code == 403
    client = await stage.logged_in()
    refused = await client.post("/identity/deny", data={"alias": "phone", "next_alias": "ada"}, headers={"origin": "http://evil.example"})
    assert refused.status_code == 403
    assert (await decide(stage, "deny", "phone", "ada", next="//evil.example")).headers["location"] == "/"


async def test_a_build_that_fails_says_that_the_decision_is_kept(stage: Stage) -> None:
    def fail() -> None:
        raise BuildError("the disk is <full>")

    stage.app.state.context = stage.context._replace(build=fail)
    answer = await decide(stage, "deny", "phone", "ada")
    assert answer.status_code == 503
    assert "The decision is kept" in answer.text
    assert "&lt;full&gt;" in answer.text
    assert len(denials(stage.state)) == 1
    assert "waits for the next build" in await get(stage, "/people/ada?view=identity")


async def test_who_stops_waiting_stops_no_build(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio
    import threading

    from clew.web.identity import deciding

    ended, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        go_on.wait(20)
        ended.set()

    monkeypatch.setattr(deciding, "WAIT_SECONDS", 0.05)
    stage.app.state.context = stage.context._replace(build=slow)
    assert (await decide(stage, "deny", "phone", "ada")).status_code == 303
    assert not ended.is_set()
    go_on.set()
    assert await asyncio.to_thread(ended.wait, 20)
