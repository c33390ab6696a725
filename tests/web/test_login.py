from __future__ import annotations

import httpx
import pytest

from clew.state import FAILURES_BY_NAME_AND_ADDRESS, first_link, new_link
from pages import URL, Stage, form_token

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"


async def post(client: httpx.AsyncClient, path: str, page: str = "", **fields: str) -> httpx.Response:
    """Fill in the form of a page (`path` itself if not said) and send it."""
    token = form_token((await client.get(page or path)).text)
    return await client.post(path, data={"form_token": token, **fields})


async def test_looking_at_a_link_does_not_use_it_up(stage: Stage) -> None:
    link = first_link(stage.state, URL) or ""
    for _ in range(3):
        assert (await stage.client().get(link)).status_code == 200
    client = stage.client()
    answer = await post(client, "/login", link, token=httpx.URL(link).params["token"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?welcome=1")
    assert (await client.get("/")).status_code == 200


async def test_a_link_works_once(stage: Stage) -> None:
    link = first_link(stage.state, URL) or ""
    token = httpx.URL(link).params["token"]
    assert (await post(stage.client(), "/login", link, token=token)).status_code == 303
    answer = await post(stage.client(), "/login", link, token=token)
    assert answer.status_code == 403
    assert "clew login" in answer.text


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stage: Stage) -> None:
    link = first_link(stage.state, URL) or ""
    answer = await post(stage.client(), "/login", link, token=httpx.URL(link).params["token"])
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "path=/", "max-age=2592000"))
    assert "secure" not in cookie, "plain HTTP on this machine"


async def test_the_session_is_a_new_token_after_log_in(stage: Stage) -> None:
    client = stage.client()
    await client.get("/login")
    (before,) = client.cookies.values()
    link = first_link(stage.state, URL) or ""
    await post(client, "/login", link, token=httpx.URL(link).params["token"])
    assert before not in client.cookies.values()


async def test_set_a_password_log_out_log_in(stage: Stage) -> None:
    client = await stage.logged_in()
    answer = await post(client, "/account", password=PASSWORD, again=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await client.get("/")).status_code == 200, "the own session stays"
    assert (await post(client, "/logout", "/")).headers["location"] == "/login"
    assert (await client.get("/")).status_code == 303
    answer = await post(client, "/login?next=%2Flive%3Fsource%3Dweb", name="owner", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/live?source=web")
    assert "password" in (await client.get("/account")).text


async def test_after_log_in_nobody_is_sent_elsewhere(stage: Stage) -> None:
    stage.state.set_password(stage.state.add_user("ada", "owner"), PASSWORD)
    answer = await post(stage.client(), "/login?next=%2F%2Fevil.example", name="ada", password=PASSWORD)
    assert answer.headers["location"] == "/"


UNFIT = [("short", "short", "at least 10"), (PASSWORD, PASSWORD + "x", "differ"), ("", "", "at least 10")]


@pytest.mark.parametrize(("password", "again", "said"), UNFIT)
async def test_passwords_that_do_not_do(stage: Stage, password: str, again: str, said: str) -> None:
    answer = await post(await stage.logged_in(), "/account", password=password, again=again)
    assert answer.status_code == 400
    assert said in answer.text


async def test_who_guesses_must_wait(stage: Stage) -> None:
    stage.state.set_password(stage.state.add_user("ada", "owner"), PASSWORD)
    client = stage.client()
    for _ in range(FAILURES_BY_NAME_AND_ADDRESS):
        assert (await post(client, "/login", name="ada", password="wrong")).status_code == 403
    answer = await post(client, "/login", name="ada", password=PASSWORD)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"
    assert stage.state.logins(1)[0].outcome == "limited"
    token = new_link(stage.state, URL, "ada").split("token=")[1]
    assert (await post(client, "/login", token=token)).status_code == 303, "a link still works"


async def test_hostile_names_are_text(stage: Stage) -> None:
    answer = await post(stage.client(), "/login", name='"><script>alert(1)</script>', password="x\udcff".encode("utf-8", "replace").decode())
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


async def test_a_form_of_nonsense_is_no_server_error(stage: Stage) -> None:
    client = stage.client()
    bodies = {
        "application/x-www-form-urlencoded": b"\xff\xfe%%",
        "multipart/form-data; boundary=x": b"--x\r\nbroken",
        "application/json": b"{}",
    }
    for kind, body in bodies.items():
        answer = await client.post("/login", content=body, headers={"content-type": kind})
        assert 400 <= answer.status_code < 500, kind
