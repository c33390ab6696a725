"""The people pages over a real project: who is found, whose events are whose, and that the lists behind a number are as long as it says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.config import Identity
from pages import Stage
from shop import HOSTILE, RTL, People, settings

pytestmark = pytest.mark.anyio


def fill(people: People) -> None:
    """Ada has two devices and an old id; Bob shares one of them; a visitor never logs in; Mallory is hostile."""
    call = people.call
    page = {"page": {"url": "https://shop.example/shoes", "path": "/shoes"}, "campaign": {"source": "news", "medium": "email", "name": "spring"}}
    call("page", 0, anonymousId="laptop", context=page, properties={"path": "/shoes"})
    call("track", 0.1, anonymousId="laptop", event="Product Viewed", properties={"price": 12.5})
    call("identify", 0.2, anonymousId="laptop", userId="old-ada", traits={"email": "ada@example.com", "plan": "free", "visits": 10**17})
    call("track", 0.3, anonymousId="laptop", userId="old-ada", event="Order Completed", properties={})
    call("alias", 1, previousId="old-ada", userId="ada")
    call("identify", 2, anonymousId="phone", userId="ada", traits={"plan": "pro", "name": "Ada L."}, source="app")
    call("track", 2.1, anonymousId="phone", userId="ada", event="Product Viewed", source="app")
    call("group", 2.2, anonymousId="phone", userId="ada", groupId="acme", source="app")
    call("track", 3, anonymousId="laptop", event="Product Viewed")
    call("track", 4, anonymousId="laptop", userId="bob", event="Product Viewed")
    call("track", 5, anonymousId="visitor", event="Product Viewed")
    call("identify", 6, userId=HOSTILE, traits={"email": HOSTILE, "name": RTL, HOSTILE: {"a": [HOSTILE]}, "huge": "x" * 9000})
    call("track", 6.1, userId=HOSTILE, event=HOSTILE, context={"page": {"path": HOSTILE}}, properties={"x": HOSTILE})
    call("track", 7, userId="a/b?c#d", event="Slashed")
    call("track", 7.1, userId="..", event="Dotted")
    call("track", 7.2, userId="guest", anonymousId="till", event="Blocked")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    made = People(tmp_path_factory.mktemp("people"))
    fill(made)
    made.build()
    yield made
    made.close()


@pytest.fixture
def stage(tmp_path: Path, people: People) -> Iterator[Stage]:
    made = Stage(tmp_path, people.database)
    made.status = people.status()
    yield made
    made.state.close()


async def get(stage: Stage, path: str, code: int = 200) -> str:
    client = await stage.logged_in()
    answer = await client.get(path, follow_redirects=True)
    assert answer.status_code == code, answer.text[:2000]
    return answer.text


async def rows(stage: Stage, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(await get(stage, path))))


async def test_all_people_are_listed_who_was_seen_last_first(stage: Stage) -> None:
    listed = await rows(stage, "/people.csv")
    assert [row["universal_user_id"] for row in listed] == ["till", "..", "a/b?c#d", HOSTILE, "visitor", "bob", "ada"]
    assert [row["identifiers"] for row in listed if row["universal_user_id"] == "ada"] == ["3"], "the laptop is Bob's now"
    html = await get(stage, "/people")
    assert ">7 people<" in html
    assert html.index(">till<") < html.index(">bob<")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada", ["ada"]),
        ("old-ada", ["ada"]),
        ("phone", ["ada"]),
        ("vis", ["visitor"]),
        ("Ada L.", ["ada"]),
        ("ADA@EXAMPLE", ["ada"]),
        ("pro", ["ada"]),
        ("free", []),
        ("10000000000000000", ["ada"]),
        (HOSTILE, [HOSTILE]),
        ("guest", []),
        ("%", []),
        ("x' OR 1=1 --", []),
        ('"', []),
    ],
)
async def test_search_by_identifier_or_by_the_newest_value_of_a_trait(stage: Stage, text: str, found: list[str]) -> None:
    listed = await rows(stage, "/people.csv?" + str(stage.client().build_request("GET", "/", params={"q": text}).url.query, "ascii"))
    assert [row["universal_user_id"] for row in listed] == found


async def test_an_empty_answer_says_so(stage: Stage) -> None:
    assert "Nobody is found" in await get(stage, "/people?q=nobody-at-all")
    assert "Nobody is found" in await get(stage, "/people?q=nobody-at-all&by=trait")
    assert "Nobody was active" in await get(stage, "/people?active_from=2020-01-01&active_to=2020-01-02")
    assert "beyond the end" in await get(stage, "/people?page=9")


CANNOT_BE_ASKED = (
    *("/people?page=0", "/people?page=x", "/people?page=99999999999999999999", "/people?by=name", "/people?active_from=x", "/people?q=" + "x" * 501),
    *("/sessions?bounced=maybe", "/sessions?from=2026-01-01&to=2025-01-01", "/people/ada?view=all", "/people/ada?session=x", "/identity?reason=x"),
)


@pytest.mark.parametrize("path", CANNOT_BE_ASKED)
async def test_what_cannot_be_asked_says_what_was_expected(stage: Stage, path: str) -> None:
    assert "expected" in await get(stage, path, 400)


async def test_a_person_with_traits_now_and_over_time(stage: Stage) -> None:
    html = await get(stage, "/people/ada?view=traits")
    assert all(text in html for text in ("Ada L.", "ada@example.com", "100000000000000000"))
    assert html.index(">pro<") < html.index(">free<"), "the newest first, then what it was before"


async def test_any_identifier_leads_to_its_person(stage: Stage) -> None:
    client = await stage.logged_in()
    answer = await client.get("/people/old-ada?view=identity")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/ada?view=identity")
    assert "Nobody has this identifier" in await get(stage, "/people/nobody", 404)
    await get(stage, "/people/guest", 404)


async def test_identifiers_that_are_no_names_of_files(stage: Stage) -> None:
    assert "Slashed" in await get(stage, "/people/a%2Fb%3Fc%23d?view=events")
    html = await get(stage, "/people?q=..")
    link = html.split('href="/people/?number=')[1].split('"')[0]
    assert "Dotted" in await get(stage, f"/people/?number={link}&view=events")
    await get(stage, "/people/?number=99999", 404)


async def test_sessions_open_to_their_events_and_calls(stage: Stage) -> None:
    sessions = await rows(stage, "/sessions.csv?range=28d")
    first = next(s for s in sessions if s["universal_user_id"] == "ada" and s["session_sequence_number"] == "1")
    html = await get(stage, f"/people/ada?session={first['session_id']}")
    assert all(text in html for text in ("Page Viewed", "Order Completed", "news / email / spring", "/shoes", ">identify<"))
    assert html.index("Page Viewed") < html.index("Order Completed"), "in the order in which it happened"
    assert ">4 events and calls<" in html
    listed = await rows(stage, f"/person.csv?id=ada&session={first['session_id']}")
    assert [row["type"] for row in listed] == ["page", "track", "identify", "track"]


async def test_every_message_of_a_person_is_there_and_no_other(stage: Stage) -> None:
    listed = await rows(stage, "/person.csv?id=ada")
    assert [row["message_id"] for row in listed] == ["m7", "m6", "m5", "m4", "m3", "m2", "m1", "m0"], "the laptop was Ada's until Bob logged in"
    assert [row["message_id"] for row in await rows(stage, "/person.csv?id=bob")] == ["m9", "m8"]
    assert [row["message_id"] for row in await rows(stage, "/person.csv?id=till")] == ["m15"], "a blocked user is nobody, the device is somebody"
    html = await get(stage, "/people/ada?view=events")
    assert ">8 events and calls<" in html


async def test_the_raw_call(stage: Stage) -> None:
    call = json.loads(await get(stage, "/api/call?source=web&message_id=m2"))
    assert json.loads(call["message"])["traits"]["visits"] == 10**17
    assert json.loads(call["stamp"])["source"] == "web"
    assert "not kept" in await get(stage, "/api/call?source=web&message_id=none", 404)


async def total(stage: Stage, query: str) -> dict[str, int]:
    return dict(json.loads(await get(stage, f"/api/overview?{query}"))["total"])


@pytest.mark.parametrize("query", ["from=2026-11-23&to=2026-11-23", "from=2026-11-01&to=2026-11-23&source=web", "from=2026-11-01&to=2026-11-22"])
async def test_the_lists_are_as_long_as_the_numbers(stage: Stage, query: str) -> None:
    numbers = await total(stage, query)
    active = query.replace("from=", "active_from=").replace("to=", "active_to=")
    assert len(await rows(stage, f"/people.csv?{active}")) == numbers["people"]
    assert len(await rows(stage, f"/sessions.csv?{query}")) == numbers["sessions"]
    assert len(await rows(stage, f"/sessions.csv?{query}&bounced=true")) == numbers["bounced"]
    html = await get(stage, f"/?{query}&compare=off")
    assert f'href="/people?{active}"'.replace("&", "&amp;") in html
    assert f'href="/sessions?{query}&bounced=true"'.replace("&", "&amp;") in html
    assert f"{numbers['people']:,} people" in await get(stage, f"/people?{active}") or not numbers["people"]


async def test_hostile_texts_are_texts_on_every_page(stage: Stage) -> None:
    hostile = "/people/%3Cscript%3Ealert%281%29%3C%2Fscript%3E"
    sessions = [row for row in await rows(stage, "/sessions.csv?range=28d") if row["universal_user_id"] == HOSTILE]
    views = [hostile, f"{hostile}?session={sessions[0]['session_id']}", *(f"{hostile}?view={view}" for view in ("events", "identity", "traits"))]
    for path in [*views, "/people", "/sessions?range=28d", "/identity", "/people?q=%3Cscript%3E", "/sessions?source=%3Cscript%3E"]:
        html = await get(stage, path)
        assert "<script>" not in html, path
        assert " style=" not in html, path
        assert len(html.encode()) < 60_000, path
    html = await get(stage, views[-1])
    assert "&lt;script&gt;" in html
    assert RTL in html.replace("</bdi>", ""), "as it came, kept apart by bdi"


async def test_cells_of_files_are_no_formulas(tmp_path: Path) -> None:
    people = People(tmp_path / "p")
    people.call("identify", 0, userId="=cmd()", traits={"email": "@sum(1)"})
    people.call("track", 0, userId="=cmd()", event="+1+1")
    people.build()
    stage = Stage(tmp_path, people.database)
    stage.status = people.status()
    assert (await rows(stage, "/people.csv"))[0]["universal_user_id"] == "'=cmd()"
    assert (await rows(stage, "/people.csv"))[0]["email"] == "'@sum(1)"
    assert {row["event"] for row in await rows(stage, "/person.csv?number=1")} == {"", "'+1+1"}
    people.close()


async def test_spaces_keep_the_same_name_apart(tmp_path: Path) -> None:
    rules = settings(identity=Identity(space={"app": "brand b"}))
    people = People(tmp_path / "p", rules)
    for source in ("web", "app"):
        people.call("identify", 0, source=source, userId="17", anonymousId=f"{source}-device", traits={"email": f"{source}@example.com"})
        people.call("track", 0.1, source=source, userId="17", event=f"Seen in {source}")
    people.build()
    stage = Stage(tmp_path, people.database, identity=rules.identity)
    stage.status = people.status()
    web, app = await get(stage, "/people/17?view=events"), await get(stage, "/people/17?space=brand+b&view=events")
    assert "Seen in web" in web
    assert "Seen in app" not in web
    assert "app@example.com" in app
    assert "web@example.com" not in app
    assert [row["space"] for row in await rows(stage, "/people.csv?q=app@")] == ["brand b"]
    assert "/people/17?space=brand+b" in await get(stage, "/people?q=app@")
    people.close()


async def test_before_the_first_build_pages_say_the_next_step(stage: Stage) -> None:
    from clew.web.context import Status

    stage.status = Status()
    for path in ("/people", "/people/ada", "/sessions", "/identity"):
        assert "No events yet" in await get(stage, path)
    for path in ("/people.csv", "/sessions.csv", "/identity.csv", "/person.csv?id=ada", "/api/call?source=web&message_id=m1"):
        assert "no build yet" in await get(stage, path, 409)


async def test_a_question_that_takes_too_long_is_stopped(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from clew.web.people import pages

    def slow(cursor: Any, *_: Any) -> Any:
        return cursor.execute("SELECT count(*) FROM range(10000000000) AS a, range(1000) AS b").fetchall()

    monkeypatch.setattr(pages.search, "recent", slow)
    from msgspec.structs import replace

    stage.settings = replace(stage.settings, web=replace(stage.settings.web, query_seconds=0.3))
    assert "Stopped after 0.3 seconds" in await get(stage, "/people", 503)
