from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.config import Web
from clew.errors import ConfigError
from clew.state import ROLES, Role, User
from clew.web.guard import HEADERS, Visit, local_path, needed_role
from pages import Stage, off

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/", "/live", "/account", "/overview.csv", "/overview/overview_people.sql", "/no-such-page"])
async def test_pages_want_a_login_and_come_back_after_it(stage: Stage, path: str) -> None:
    answer = await stage.client().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == ("/login" if path == "/" else f"/login?next={quote(path, safe='')}")


@pytest.mark.parametrize("path", ["/api/overview", "/api/status", "/api/live", "/api/live/raw"])
async def test_data_wants_a_login(stage: Stage, path: str) -> None:
    answer = await stage.client().get(path)
    assert answer.status_code == 401
    assert "logged out" in answer.json()["error"]


async def test_health_wants_none_and_says_nothing_of_the_project(stage: Stage) -> None:
    answer = await stage.client().get("/health", headers={"host": "anything.example"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("host", ["localhost", "localhost:8470", "127.0.0.1:1", "[::1]:8470", "192.168.0.7", "LOCALHOST"])
async def test_our_own_names_are_answered(stage: Stage, host: str) -> None:
    assert (await stage.client().get("/login", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "localhost.evil.example", "", "a@localhost"])
async def test_a_foreign_name_is_refused(stage: Stage, host: str) -> None:
    answer = await stage.client().get("/login", headers={"host": host})
    assert answer.status_code == 421
    assert "web.hosts" in answer.text


async def test_further_names_are_a_setting(tmp_path: Path, store: duckdb.DuckDBPyConnection) -> None:
    stage = Stage(tmp_path, store, web=Web(hosts=("Clew.example.com",)))
    assert (await stage.client().get("/login", headers={"host": "clew.example.com"})).status_code == 200


@pytest.mark.parametrize("path", ["/", "/login", "/live", "/api/status", "/health", "/no-such-page"])
async def test_every_answer_has_the_headers(stage: Stage, path: str) -> None:
    client = await stage.logged_in()
    answer = await client.get(path)
    assert HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self';" in answer.headers["content-security-policy"]


async def test_no_page_has_a_script_inside(stage: Stage) -> None:
    client = await stage.logged_in()
    for path in ("/", "/live", "/account", "/no-such-page"):
        html = (await client.get(path)).text
        assert "<script>" not in html
        assert " onclick=" not in html
        assert " style=" not in html
        assert "//cdn" not in html


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:9999"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ],
)
async def test_a_form_of_another_site_is_refused(stage: Stage, name: str, value: str) -> None:
    client = await stage.logged_in()
    answer = await client.post("/logout", headers={name: value})
    assert answer.status_code == 403
    assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize("path", ["/logout", "/account", "/login"])
async def test_a_form_without_its_token_is_refused(stage: Stage, path: str) -> None:
    client = await stage.logged_in()
    assert (await client.post(path)).status_code == 403
    assert (await client.post(path, data={"form_token": "0" * 64})).status_code == 403
    assert (await client.get("/")).status_code == 200


async def test_without_login_every_page_opens_and_forms_are_guarded_still(tmp_path: Path, store: duckdb.DuckDBPyConnection) -> None:
    client = Stage(tmp_path, store, web=off()).client()
    for path in ("/", "/live", "/account", "/api/overview"):
        assert (await client.get(path)).status_code == 200, path
    assert "Log out" not in (await client.get("/")).text
    assert (await client.get("/", headers={"host": "evil.example"})).status_code == 421
    assert (await client.post("/account")).status_code == 403


@pytest.mark.parametrize("url", ["http://0.0.0.0:8470", "http://192.168.0.7:8470", "http://clew.example.com:8470"])
def test_no_login_is_for_this_machine_alone(tmp_path: Path, store: duckdb.DuckDBPyConnection, url: str) -> None:
    with pytest.raises(ConfigError, match=r"web\.login = false"):
        Stage(tmp_path, store, url=url, web=off())


OUTSIDE = ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "evil", "/\n/evil.example", "\\\\x"]


@pytest.mark.parametrize("text", OUTSIDE)
def test_nobody_is_sent_elsewhere(text: str) -> None:
    assert local_path(text) == "/"


@given(st.text())
def test_only_paths_are_followed(text: str) -> None:
    assert local_path(text).startswith("/")
    assert not local_path(text).startswith(("//", "/\\"))


def test_paths_of_ours_are_kept() -> None:
    assert local_path("/live?source=web&q=a%20b") == "/live?source=web&q=a%20b"


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/people", "viewer"),
        ("HEAD", "/", "viewer"),
        ("POST", "/identity/deny", "analyst"),
        ("POST", "/nobody/thought/of/this", "analyst"),
        ("DELETE", "/people", "analyst"),
        ("POST", "/account", "viewer"),
        ("POST", "/logout", "viewer"),
        ("POST", "/account/others", "analyst"),
        ("GET", "/settings", "owner"),
        ("POST", "/settings/users", "owner"),
        ("GET", "/settingsandmore", "viewer"),
    ],
)
def test_which_role_a_request_wants(method: str, path: str, role: Role) -> None:
    assert needed_role(method, path) == role


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_those_before_it_may(role: Role) -> None:
    visit = Visit(User(1, "ada", role, has_password=False), "token", fresh=False)
    assert [visit.may(wanted) for wanted in ROLES] == [ROLES.index(wanted) <= ROLES.index(role) for wanted in ROLES]
    assert not Visit(None, "token", fresh=False).may("viewer")


async def test_who_may_not_is_refused_before_the_page_is_asked(stage: Stage) -> None:
    viewer, analyst, owner = [await stage.logged_in(role, role) for role in ROLES]
    assert (await viewer.get("/live")).status_code == 200
    refused = await viewer.post("/no/such/form")
    assert refused.status_code == 403
    assert "wants the role analyst, and viewer is viewer" in refused.text
    assert (await analyst.post("/no/such/form")).status_code == 404
    assert [(await client.get("/settings/x")).status_code for client in (viewer, analyst, owner)] == [403, 403, 404]
    assert (await viewer.post("/api/anything")).json()["error"].startswith("This wants the role analyst")
    assert "location" not in refused.headers


async def test_everybody_may_log_out(stage: Stage) -> None:
    viewer = await stage.logged_in("vi", "viewer")
    token = (await viewer.get("/account")).text.split('name="form_token" value="')[1].split('"')[0]
    assert (await viewer.post("/logout", data={"form_token": token})).status_code == 303
