"""`clew people explain` and `clew identity ...` on a project at rest, as a person types them; what they say as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.models.stage import Stage
from tests.models.test_identity_cases import message
from tests.oracle import Message

from clew import cli, clock
from clew.analyses.people.ask import ask, of_space
from clew.analyses.people.explain import Explanation, explained
from clew.app import project
from clew.config import Settings
from shop import HOUR, T0, People
from shop import settings as shop_settings
from web.test_people_pages import fill

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a project with Ada and the others in it; returns what it prints."""
    root = tmp_path / "shop"
    project.init(root, sources=shop_settings().sources)
    people = People(root)
    fill(people)
    people.build()
    people.close()
    capsys.readouterr()

    def command(*arguments: str, code: int = 0) -> str:
        found = cli.run([*arguments, "--project", str(root)])
        out, err = capsys.readouterr()
        assert found == code, err
        return err if code else out

    return command


def test_explain_as_json(run: Run) -> None:
    found: dict[str, Any] = json.loads(run("people", "explain", "old-ada", "--format", "json"))
    assert found["universal_user_id"] == "ada"
    assert {alias["alias"]: (alias["hops"], alias["path"]) for alias in found["aliases"]} == {
        "ada": (0, ["ada"]),
        "old-ada": (1, ["old-ada", "ada"]),
        "phone": (1, ["phone", "ada"]),
    }
    edges = {(edge["alias"], edge["next_alias"]): edge for edge in found["edges"]}
    assert edges["phone", "ada"]["message"] == {
        "source": "app",
        "message_id": "m7",
        "type": "group",
        "received_at": clock.iso(T0 + int(2.2 * HOUR) + 40_000),
    }
    assert edges["old-ada", "ada"]["message"]["type"] == "alias"
    assert edges["phone", "ada"]["seen_at"] == clock.iso(T0 + int(2.2 * HOUR))
    assert edges["laptop", "old-ada"]["is_latest"] is False, "the laptop is Bob's now"
    assert [i["universal_user_id"] for i in found["shared_devices"]] == ["ada", "bob"]
    assert found["denied"] == []


def test_explain_as_text(run: Run) -> None:
    text = run("people", "explain", "ada")
    assert "old-ada -> ada  (1 hops" in text
    assert "phone -> ada" in text
    assert "group m7 of app" in text
    assert "(superseded)" in text
    assert "Shared devices" in text


def test_deny_undo_denied(run: Run) -> None:
    assert "build 2" in run("identity", "deny", "old-ada", "ada")
    assert [a["alias"] for a in json.loads(run("people", "explain", "ada", "--format", "json"))["aliases"]] == ["ada", "phone"]
    listed = json.loads(run("identity", "denied", "--format", "json"))
    assert [(d["alias"], d["next_alias"], d["space"]) for d in listed] == [("old-ada", "ada", "")]
    assert "(command)" in listed[0]["denied_by"]
    assert "old-ada -> ada" in run("identity", "denied")
    assert "nothing new since build 2" in run("identity", "deny", "old-ada", "ada"), "once is enough"
    assert "Denied\n  old-ada -> ada" in run("people", "explain", "old-ada")
    assert "build 3" in run("identity", "undo", "old-ada", "ada")
    assert run("identity", "denied") == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("identity", "deny", "ada", "old-ada"), 8, "name them in that order"),
        (("identity", "deny", "ada", "nobody"), 8, "expected an edge"),
        (("identity", "deny", "old-ada", "ada", "--space", "b"), 8, "in the space 'b'"),
        (("identity", "undo", "old-ada", "ada"), 8, "expected a denied edge"),
        (("people", "explain", "nobody"), 8, "expected an identifier"),
        (("identity", "conflicts", "--reason", "x"), 2, "expected one of"),
    ],
)
def test_what_cannot_be(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    assert said in run(*arguments, code=code)


def test_conflicts(run: Run) -> None:
    rows = json.loads(run("identity", "conflicts", "--format", "json"))
    assert {row["reason"] for row in rows} == {"blocked", "shared_device"}
    assert "blocked: guest" in run("identity", "conflicts", "--reason", "blocked")
    assert len(run("identity", "conflicts", "--lines", "1").splitlines()) == 1


def test_a_terminal_is_not_moved_by_identifiers(run: Run, tmp_path: Path) -> None:
    people = People(tmp_path / "shop")
    people.sent = 100
    people.call("track", 20, anonymousId="a\x1b[2J\u202e\nb", userId="evil", event="x")
    people.build()
    people.close()
    text = run("people", "explain", "evil")
    assert "a\\u001b[2J\\u202e\\u000ab -> evil" in text


IDS = st.sampled_from(["a1", "a2", "u1", "u2", "u3"])


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """Log-ins and alias calls among few identifiers, so that chains, circles and shared devices are common."""
    made = []
    for number in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, 5)) * clock.HOUR
        if draw(st.booleans()):
            made.append(message(number, draw(IDS), draw(st.none() | IDS), at=at))
        else:
            made.append(message(number, None, draw(IDS), previous=draw(IDS), at=at))
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_every_explanation_is_the_mapping_and_names_a_message_that_says_it(tmp_path: Path, history: list[Message]) -> None:
    stage = Stage(history)
    stage.build(Settings(), tmp_path)
    sent = {m.message_id: m for m in history}
    mapping = dict(stage.rows("SELECT alias, universal_user_id FROM universal_alias_mapping"))
    for alias, universal in mapping.items():
        found = explained(ask(stage.cursor(), "explain", {"id": alias, **of_space(Settings(), "")}))
        assert isinstance(found, Explanation)
        assert found.universal_user_id == universal
        assert {a.alias for a in found.aliases} == {name for name, whose in mapping.items() if whose == universal}
        steps = {(edge.alias, edge.next_alias) for edge in found.edges if edge.is_latest}
        for each in found.aliases:
            assert (each.path[0], each.path[-1], len(each.path)) == (each.alias, universal, each.hops + 1)
            assert set(zip(each.path, each.path[1:], strict=False)) <= steps
        for edge in found.edges:
            assert edge.message is not None
            said = sent[edge.message.message_id]
            assert edge.alias in (said.anonymous_id, said.previous_id)
            assert edge.next_alias == said.user_id
            assert edge.seen_at == clock.iso(min(said.timestamp, said.received_at))
