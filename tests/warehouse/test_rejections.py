"""What the loader refused: seen and brought in by commands, at rest and beside a running collector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from tests.warehouse.project import SMALL, Project, record, sealed

from clew.cli.refused import refused
from clew.warehouse.loading.repeats import content_id
from collect.server import CONFIG, serving

NAMED = ("--reason", "id_reused")
STAMP = b'"source":"server","received_at":7,"batch_index":4,"type":"merge","message_id":"a1","timestamp":1'


def track(number: int, value: int, /, **members: Any) -> dict[str, Any]:
    return {"type": "track", "event": "E", "messageId": f"m{number}", "anonymousId": "a", "properties": {"n": value}, **members}


def fill(root: Path) -> None:
    """m1 with three contents, one of them twice."""
    (root / "clew.toml").write_text(CONFIG)
    project = Project(root, SMALL)
    again = track(1, 3, sentAt="2026-01-01T00:00:00Z")
    lines = [track(1, 1), track(1, 2), track(2, 1), track(1, 3), again, track(1, 1)]
    result = project.feed(*(record(message, source="server", at=at, batch_index=at) for at, message in enumerate(lines)))
    assert (result.stored, result.id_reused, result.duplicates) == (2, 3, 1)
    project.close()


def run(root: Path, command: str, *arguments: str) -> str:
    result = CliRunner().invoke(refused, [command, "--project", str(root), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def listed(root: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(root, "list", "--format", "json", *arguments))
    return found


def replayed(root: Path, *arguments: str) -> dict[str, Any]:
    outcome: dict[str, Any] = json.loads(run(root, "replay", "--format", "json", *arguments))
    return outcome


def stored(root: Path) -> list[tuple[Any, ...]]:
    project = Project(root, SMALL)
    try:
        project.load()
        return project.rows("SELECT message_id, payload->>'n', batch_index FROM clew.events ORDER BY received_at")
    finally:
        project.close()


def check(root: Path) -> None:
    rows = listed(root)
    assert [(row["reason"], row["message_id"], json.loads(row["message"])["properties"]["n"]) for row in rows] == [
        ("id_reused", "m1", 2),
        ("id_reused", "m1", 3),
        ("id_reused", "m1", 3),
    ]
    assert "id_reused: m1 came before with other content, in load 1" in run(root, "list", "--lines", "1")
    assert "3  server  id_reused: the same message id" in run(root, "counts")
    assert run(root, "counts", "--source", "other") == run(root, "counts", "--reason", "set_aside") == ""
    assert replayed(root)["accepted"] == 0, "these must be named"
    assert replayed(root, *NAMED) == {"accepted": 2, "refused": {}, "unknown_source": 0}
    two, three, _ = (content_id(row["message"]) for row in rows)
    expected = [("m1", "1", 0), (two, "2", 1), ("m2", "1", 2), (three, "3", 3)]
    assert stored(root) == expected
    assert listed(root) == []
    assert len(listed(root, "--all")) == 3
    assert replayed(root, *NAMED)["accepted"] == 0
    assert stored(root) == expected


def test_at_rest(tmp_path: Path) -> None:
    fill(tmp_path)
    check(tmp_path)


def test_beside_a_running_collector(tmp_path: Path) -> None:
    fill(tmp_path)
    with serving(tmp_path) as server:
        check(tmp_path)
        assert server.stop() == 0


def test_more_than_one_request_holds(tmp_path: Path) -> None:
    (tmp_path / "clew.toml").write_text(CONFIG)
    project = Project(tmp_path, SMALL)
    project.feed(*(record(track(1, n, context={"long": "x" * 1000}), source="server", at=n) for n in range(1100)))
    project.close()
    with serving(tmp_path) as server:
        assert replayed(tmp_path, *NAMED)["accepted"] == 1099
        assert server.stop() == 0
    assert sorted(int(n) for _, n, _ in stored(tmp_path)) == list(range(1100))


def test_a_source_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "clew.toml").write_text(CONFIG.replace('"server"', '"app"'))
    assert replayed(tmp_path, *NAMED) == {"accepted": 0, "refused": {}, "unknown_source": 2}


def test_what_was_set_aside_comes_in_under_its_own_id(tmp_path: Path) -> None:
    """A record that an older Clew could not take, one that no rule lets pass, and a line that is no record."""
    (tmp_path / "clew.toml").write_text(CONFIG)
    good, no_object = sealed(STAMP, json.dumps(track(9, 1)).encode()), sealed(STAMP.replace(b"a1", b"a2"), b"[1]")
    broken = sealed(STAMP, b'{"event":')
    project = Project(tmp_path, SMALL)
    project.write(record(track(1, 1), source="server"), good, no_object, broken)
    assert sum(result.set_aside for result in project.load()) == 3
    project.close()
    rows = listed(tmp_path)
    assert {row["reason"] for row in rows} == {"set_aside"}
    assert sorted((row["message_id"], row["message"]) for row in rows)[0] == ("", broken[:-1].decode())
    assert "expected a type of the six, found merge" in run(tmp_path, "list")
    assert "2  server  set_aside: the loader could not take the record" in run(tmp_path, "counts")
    assert replayed(tmp_path) == {"accepted": 1, "refused": {"set_aside": 1, "not_object": 1}, "unknown_source": 0}
    assert stored(tmp_path) == [("a1", "1", 4), ("m1", "1", 0)]
    assert [row["message"] for row in listed(tmp_path)] == ["[1]", broken[:-1].decode()]


def test_the_id_is_made_of_the_content() -> None:
    one = json.dumps(track(1, 1))
    assert content_id(one) == content_id(json.dumps(track(1, 1, sentAt="x", writeKey="k")))
    assert content_id(one) != content_id(json.dumps(track(1, 2)))
    assert len(content_id(one)) <= 100
