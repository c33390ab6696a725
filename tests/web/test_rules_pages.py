"""The page of rules: what it says, what it refuses, what it writes, and who may."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from clew import config
from clew.app import project
from clew.errors import BuildError, Stopped
from clew.models import Trial
from clew.models.trial import Example, Numbers
from clew.rules import mark, rules
from clew.state import Role, rule_changes
from clew.web.context import Status
from pages import Stage, form_token
from shop import HOSTILE

pytestmark = pytest.mark.anyio
TRIAL = Trial(Numbers(3, 4, 0.5, 60.0), Numbers(2, 9, 0.25, 20.0), 1, 0, [Example(HOSTILE, ["a", "b"], 5)], [])


@pytest.fixture
def stage(stage: Stage) -> Iterator[Stage]:
    """Pages over a project with a clew.toml; `reload` is counted, a trial answers TRIAL."""
    (stage.root / "log").rmdir()
    (stage.root / "refused").rmdir()
    project.init(stage.root, "key")
    stage.settings = config.load(stage.root, {})
    stage.trial = lambda changes: TRIAL
    return stage


def toml(stage: Stage) -> str:
    return (stage.root / "clew.toml").read_text()


async def get(stage: Stage, query: str = "", **headers: str) -> httpx.Response:
    client = await stage.logged_in()
    return await client.get(f"/settings/rules{query}", headers={"x-clew-wait": "1", **headers})


async def apply(stage: Stage, role: Role = "owner", mark_: str | None = None, token: str | None = None, **changes: str) -> httpx.Response:
    client = await stage.logged_in(role, role)
    form = {
        "form_token": token or form_token((await client.get("/account")).text),
        "mark": mark(rules(stage.settings, {})) if mark_ is None else mark_,
        "changes": urlencode({f"sessions.{name}": value for name, value in changes.items()}),
    }
    return await client.post("/settings/rules/apply", data=form)


async def test_every_rule_has_a_field(stage: Stage) -> None:
    html = (await get(stage)).text
    for rule in rules(stage.settings, {}):
        assert f'name="{rule.name}"' in html
    assert "Preview</h2>" not in html
    assert "/settings/rules/apply" not in html


async def test_a_preview(stage: Stage) -> None:
    seen: list[dict[str, str]] = []

    def trial(changes: dict[str, str]) -> Trial:
        seen.append(changes)
        return TRIAL

    stage.trial = trial
    html = (await get(stage, "?sessions.inactivity_minutes=10&sessions.end_events=Out%0D%0ALeft")).text
    assert seen == [{"sessions.inactivity_minutes": "10", "sessions.end_events": '["Out", "Left"]'}]
    for text in ("<td>4</td><td>9</td><td>▲ 125.0 %</td>", "<td>50.0 %</td><td>25.0 %</td>", "1 person would be made of several"):
        assert text in html
    assert "<script>alert" not in html
    assert 'action="/settings/rules/apply"' in html
    assert toml(stage).count("= 30") == 1
    await get(stage, "?sessions.inactivity_minutes=10&sessions.end_events=Out%0D%0ALeft")
    assert len(seen) == 1, "the same rules at the same build are tried once"


async def test_an_address_says_no_more_than_what_is_changed(stage: Stage) -> None:
    answer = await get(stage, "?sessions.inactivity_minutes=10&sessions.buffer_minutes=30&identity.mode=next_login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/rules?sessions.inactivity_minutes=10")
    answer = await get(stage, "?sessions.buffer_minutes=30.0")
    assert answer.headers["location"] == "/settings/rules"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sessions.inactivity_minutes=0", "Expected a number greater than 0; found &#39;0&#39;"),
        ("identity.mode=%3Cscript%3E", "Expected one of next_login, last, first; found &#39;&lt;script&gt;&#39;"),
        ("sessions.platform_inactivity_minutes=ios", "Expected lines such as ios = 5; found &#39;ios&#39;"),
        (f"sessions.end_events={'x' * 20_001}", "Expected at most 20000 characters; found 20001"),
    ],
)
async def test_a_bad_value_is_said_at_its_field(stage: Stage, query: str, said: str) -> None:
    stage.trial = lambda changes: pytest.fail("nothing wrong is tried")
    html = (await get(stage, f"?{query}&sessions.buffer_minutes=5")).text
    name = query.split("=")[0].replace(".", "-")
    assert f'id="wrong-{name}" role="alert">{said}' in html
    assert "1 of these cannot be" in html
    assert "/settings/rules/apply" not in html
    assert 'value="5"' in html


async def test_rules_that_cannot_be_tried(stage: Stage) -> None:
    def trial(changes: dict[str, str]) -> Trial:
        raise BuildError("the disk is <full>")

    stage.trial = trial
    assert "the disk is &lt;full&gt;" in (await get(stage, "?sessions.inactivity_minutes=10")).text
    stage.status = Status()
    html = (await get(stage, "?sessions.inactivity_minutes=10")).text
    assert "There is no build yet to compare with" in html
    assert "/settings/rules/apply" in html


async def test_rules_are_applied(stage: Stage) -> None:
    reloads: list[str] = []
    stage.reload = lambda: reloads.append(toml(stage))
    before = toml(stage)
    answer = await apply(stage, inactivity_minutes="10", end_events="Out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/rules")
    assert reloads == [before.replace("minutes = 30", 'minutes = 10\nend_events = ["Out"]')]
    assert [(c.changed_by, c.name, c.before, c.after) for c in rule_changes(stage.state, 5)] == [
        ("owner", "sessions.end_events", "[]", '["Out"]'),
        ("owner", "sessions.inactivity_minutes", "30", "10"),
    ]
    stage.settings = config.load(stage.root, {})
    html = (await get(stage)).text
    assert 'href="/settings/rules?sessions.inactivity_minutes=30"' in html


async def test_what_is_refused_changes_nothing(stage: Stage) -> None:
    stage.reload = lambda: pytest.fail("nothing was changed")
    before = toml(stage)
    wrong = await apply(stage, inactivity_minutes="soon")
    assert "found &#39;soon&#39;" in wrong.text
    old = await apply(stage, mark_="0" * 16, inactivity_minutes="10")
    assert (old.status_code, "changed meanwhile" in old.text) == (409, True)
    assert (await apply(stage, token="0" * 64, inactivity_minutes="10")).status_code == 403
    roles: tuple[Role, ...] = ("viewer", "analyst")
    for role in roles:
        answer = await apply(stage, role, inactivity_minutes="10")
        assert (answer.status_code, "wants the role owner" in answer.text) == (403, True)
        assert (await (await stage.logged_in(role, role)).get("/settings/rules")).status_code == 403
    assert toml(stage) == before
    assert rule_changes(stage.state, 5) == []


async def test_the_environment_wins(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_SESSIONS_BUFFER_MINUTES", "5")
    stage.settings = config.load(stage.root)
    html = (await get(stage)).text
    assert "<code>CLEW_SESSIONS_BUFFER_MINUTES</code>, which wins" in html
    assert 'name="sessions.buffer_minutes" value="5"' in html
    answer = await get(stage, "?sessions.buffer_minutes=9")
    assert answer.headers["location"] == "/settings/rules"


async def test_what_is_shown_was_made_by_other_rules(stage: Stage, tmp_path: Path) -> None:
    newer = config.changed(stage.settings, {"sessions.inactivity_minutes": "10"})
    stage.app.state.context = stage.context._replace(wanted=lambda: newer)
    html = (await get(stage)).text
    assert "What is shown was made by: <bdi" in html
    assert 'name="sessions.inactivity_minutes" value="10"' in html


async def test_a_preview_is_stopped_and_begun_again_when_asked(stage: Stage) -> None:
    client = await stage.logged_in()
    go_on, stops, tried = threading.Event(), list[tuple[dict[str, str], str]](), list[object]()

    def trial(changes: dict[str, str]) -> Trial:
        tried.append(changes)
        assert go_on.wait(20)
        if stops:
            raise Stopped("stopped by owner")
        return TRIAL

    def stop(changes: dict[str, str], by: str) -> None:
        stops.append((changes, by))
        go_on.set()

    stage.trial, stage.stop_trial = trial, stop
    query = "sessions.inactivity_minutes=10"
    html = (await client.get(f"/settings/rules?{query}")).text
    assert 'action="/settings/rules/stop"' in html
    assert (await client.post("/settings/rules/stop", data={"changes": query})).status_code == 403
    answer = await client.post("/settings/rules/stop", data={"form_token": form_token(html), "changes": query})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/settings/rules?{query}")
    assert stops == [({"sessions.inactivity_minutes": "10"}, "owner")]
    for _ in range(2):
        html = (await client.get(f"/settings/rules?{query}", headers={"x-clew-wait": "1"})).text
        assert re.search(r"The preview was stopped by <bdi[^>]*>owner<", html)
        assert 'action="/settings/rules/apply"' in html
    assert len(tried) == 1, "it is not begun again by itself"
    stops.clear()
    again = await client.get(f"/settings/rules?{query}&again=yes")
    assert (again.status_code, again.headers["location"]) == (303, f"/settings/rules?{query}")
    await client.get(f"/settings/rules?{query}", headers={"x-clew-wait": "1"})
    assert "<td>4</td><td>9</td>" in (await client.get(f"/settings/rules?{query}", headers={"x-clew-wait": "1"})).text
