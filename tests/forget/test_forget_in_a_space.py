"""Two brands in one project whose identifiers are alike but not the same people's: one person is forgotten in one of them, and there only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.forget.traces import traces
from tests.running import Running, clew

SETTINGS = """
[web]
login = false
[[sources]]
name = "brand_b"
write_key = "key-of-b"
[identity]
space = { brand_b = "b" }
"""
MAIL = "only.in.b@example.org"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    project = Running(tmp_path / "p", settings=SETTINGS)
    project.start()
    yield project
    project.end()


def said(brand: str, number: int, **ids: Any) -> dict[str, Any]:
    """What somebody did at a brand: it is told from all else by its words."""
    properties = {"words": f"said at {brand} by {ids.get('userId', ids.get('anonymousId'))}"}
    day = f"2026-03-01T{10 + number}:00:00Z"
    return {"type": "track", "event": "Said", "messageId": f"m{number}", "timestamp": day, "properties": properties, **ids}


def history(brand: str) -> list[dict[str, Any]]:
    """User 17 with a device, and somebody else. The same message ids at both brands."""
    return [
        said(brand, 1, anonymousId="device-1"),
        said(brand, 2, anonymousId="device-1", userId="17"),
        said(brand, 3, anonymousId="device-2", userId="18"),
        {"type": "track", "messageId": "refused", "userId": "17", "event": {"words": f"refused at {brand}"}},
    ]


def people(running: Running, *arguments: str) -> tuple[int, Any]:
    done = clew("people", *arguments, "--format", "json", "--project", str(running.root))
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else done.stderr


def of_space(running: Running, space: str) -> dict[str, str]:
    rows = running.query(f"SELECT alias, universal_user_id FROM universal_alias_mapping WHERE space = '{space}'")
    return {row["alias"]: row["universal_user_id"] for row in rows}


def of_others(running: Running) -> list[list[dict[str, Any]]]:
    """All that is kept of whoever is not user 17 of brand b."""
    return [
        running.query(f"SELECT * FROM {table} WHERE NOT (source = 'brand_b' AND {who}) ORDER BY ALL")
        for table, who in (
            ("clew.events", f"(user_id IN ('17', '{MAIL}') OR anonymous_id = 'device-1')"),
            ("mapped_tracks", f"universal_user_id = '{MAIL}'"),
            ("sessions", f"universal_user_id = '{MAIL}'"),
        )
    ]


def test_a_person_of_a_space_is_forgotten_there_alone(running: Running) -> None:
    assert running.batch(history("a"))[0] == 200
    renamed = {"type": "alias", "messageId": "m9", "previousId": "17", "userId": MAIL, "timestamp": "2026-03-02T10:00:00Z"}
    assert running.post("/v1/batch", {"batch": [*history("b"), renamed]}, key="key-of-b")[0] == 200
    running.build()
    assert of_space(running, "b") == {"device-1": MAIL, "17": MAIL, MAIL: MAIL, "device-2": "18", "18": "18"}
    assert of_space(running, "") == {"device-1": "17", "17": "17", "device-2": "18", "18": "18"}
    before = of_others(running)
    assert people(running, "forget", MAIL, "--yes")[0] == 8  # the default space knows nobody of that name

    status, told = people(running, "forget", "17", "--space", "b", "--yes")
    assert status == 0, told
    assert (told["status"], told["space"], told["messages"], told["refused"], told["log_records"]) == ("done", "b", 3, 1, 3)

    for gone in (MAIL, "said at b by device-1", "said at b by 17", "refused at b"):
        assert traces(running.root, gone) == [], gone
    for stays in ("said at a by device-1", "said at a by 17", "said at b by 18", "refused at a"):
        assert traces(running.root, stays), stays
    assert of_space(running, "b") == {"device-2": "18", "18": "18"}
    assert of_space(running, "") == {"device-1": "17", "17": "17", "device-2": "18", "18": "18"}
    assert running.query("SELECT space, alias FROM clew.identifiers WHERE space = 'b' ORDER BY 2") == [
        {"space": "b", "alias": "18"},
        {"space": "b", "alias": "device-2"},
    ]
    assert of_others(running) == before
    running.json("build", "--full")
    assert running.json("builds")[0]["is_full"]
    assert of_others(running) == before
    assert people(running, "forget", "17", "--space", "b", "--yes")[0] == 8

    assert running.post("/v1/batch", {"batch": history("b")[:3]}, key="key-of-b")[0] == 200  # a retry does not bring them back
    running.build()
    assert of_space(running, "b") == {"device-2": "18", "18": "18"}
