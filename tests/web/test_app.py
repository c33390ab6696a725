from __future__ import annotations

import html
import re

import msgspec
import pytest

from clew.web.guard import HEADERS
from clew.web.texts import coded
from pages import Stage

pytestmark = pytest.mark.anyio


async def test_a_page_that_is_not_there(stage: Stage) -> None:
    client = await stage.logged_in()
    answer = await client.get("/no-such-page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/live"' in answer.text, "with the rail, to go elsewhere"
    assert (await client.get("/api/no-such")).json()["error"]


async def test_what_takes_no_post(stage: Stage) -> None:
    client = await stage.logged_in()
    assert (await client.post("/live")).status_code == 405


async def test_an_error_of_ours_is_a_page_that_says_where_to_look(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await stage.logged_in()

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(stage.app.state.answers, "_query", broken)
    for path in ("/", "/api/overview"):
        answer = await client.get(path, headers={"x-clew-wait": "1"})
        assert answer.status_code == 500
        assert "clew serve" in answer.text
        assert "secret detail" not in answer.text
        assert HEADERS.items() <= dict(answer.headers).items()


async def test_status(stage: Stage) -> None:
    client = await stage.logged_in()
    told = (await client.get("/api/status")).json()
    assert told.pop("work") == {"state": "idle", "percent": None, "words": "Nothing runs: all that was loaded is built."}
    assert told.pop("trial") == {"state": "waiting", "percent": 0, "words": "It begins."}
    assert told == {"build_id": 1, "building": False, "queued": False, "loaded": True, "error": None, "rules": ""}
    stage.status = msgspec.structs.replace(stage.status, building=True, build_id=None)
    assert (await client.get("/api/status")).json()["building"]


async def test_the_rail_names_the_page_that_is_shown(stage: Stage) -> None:
    client = await stage.logged_in()
    html = (await client.get("/live")).text
    assert html.count('aria-current="page"') == 1
    assert 'href="/live" data-go="l" title="Live (g l)" aria-current="page"' in html


@pytest.mark.parametrize(("cookie", "theme"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"><script>', ""), ("", "")])
async def test_the_theme_is_drawn_by_the_server(stage: Stage, cookie: str, theme: str) -> None:
    client = await stage.logged_in()
    client.cookies.set("theme", cookie)
    assert f'<html lang="en"{theme}>' in (await client.get("/")).text


@pytest.mark.parametrize("said", ["run `clew build`", "`<script>` and `a` of <b>", "one ` alone", "``"])
def test_commands_in_messages_are_code_and_all_else_is_text(said: str) -> None:
    shown = coded(said)
    assert not re.search(r"`[^`\n]+`", shown)
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert html.unescape(re.sub("</?code>", "`", shown)) == said
