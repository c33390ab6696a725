"""A person is forgotten while everything runs: nothing of theirs is found any more, by whatever way, and all others are as they were."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.forget.traces import traces
from tests.running import Running, clew, request, wait_until

NAME = "secret.person@example.org"
DEVICE = "device-of-the-secret-person"
SHARED = "device-that-two-use"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    project = Running(tmp_path / "p", settings="\n[web]\nlogin = false\n")
    project.start()
    yield project
    project.end()


def people(running: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    return clew("people", *arguments, "--project", str(running.root))


def track(number: int, at: str, event: str = "Viewed", **ids: Any) -> dict[str, Any]:
    context = {"ip": f"203.0.113.{number % 250}", "userAgent": f"Browser of {ids.get('userId', 'nobody')}"}
    timestamp = f"2026-03-0{at}:00Z"
    return {"type": "track", "event": event, "messageId": f"m{number}", "timestamp": timestamp, "context": context, "properties": {}, **ids}


THEIRS = [
    track(1, "1T10:00", anonymousId=DEVICE),
    track(2, "1T10:01", anonymousId=DEVICE, userId=NAME),
    {**track(3, "1T10:02", anonymousId=DEVICE, userId=NAME), "type": "identify", "traits": {"email": NAME}},
    track(4, "2T10:00", anonymousId=SHARED, userId=NAME),
    track(5, "3T10:00", "Of the secret person", anonymousId=SHARED),
    {"type": "alias", "messageId": "m6", "previousId": NAME, "userId": "secret-person-2", "timestamp": "2026-03-04T10:00:00Z"},
]
OTHERS = [
    track(11, "1T09:00", anonymousId=SHARED, userId="other@example.org"),
    track(12, "1T09:30", "Of the other", anonymousId=SHARED),
    track(13, "1T09:40", anonymousId="third"),
    track(14, "5T09:00", anonymousId=SHARED, userId="other@example.org"),
]
PEOPLE = """SELECT DISTINCT universal_user_id FROM mapped_tracks ORDER BY 1"""
PAGES = ("/", f"/people?q={NAME}", "/people", "/identity", "/live", "/overview", "/reports/trends", f"/people/person?id={NAME}")


def test_nothing_is_found_any_more(running: Running) -> None:
    assert running.batch([*THEIRS, *OTHERS])[0] == 200
    assert running.batch([THEIRS[0]])[0] == 200
    again = {**THEIRS[1], "properties": {"changed": True}}
    assert running.batch([again])[0] == 200  # the same message id with other content: a rejection
    refused = {"type": "track", "messageId": "bad", "anonymousId": DEVICE, "event": {"not": "a name"}}
    running.batch([refused, {**refused, "anonymousId": "third", "messageId": "bad-2"}])
    running.build()
    assert running.query("SELECT count(*) AS n FROM clew.rejections") == [{"n": 1}]
    assert traces(running.root, NAME)
    before = running.query("SELECT source, message_id, universal_user_id FROM mapped_tracks WHERE universal_user_id NOT LIKE 'secret%' ORDER BY ALL")
    names = [row["alias"] for row in running.query("SELECT alias FROM universal_alias_mapping WHERE universal_user_id = 'secret-person-2'")]
    assert sorted(names) == sorted([NAME, DEVICE, "secret-person-2"])

    assert people(running, "forget", DEVICE, "--format", "json").returncode == 2
    done = people(running, "forget", DEVICE, "--yes", "--format", "json")
    assert done.returncode == 0, done.stderr + running.printed()
    told = json.loads(done.stdout)
    assert (told["status"], told["messages"], told["refused"]) == ("done", len(THEIRS), 1)
    assert told["log_records"] == len(THEIRS) + 1

    for name in (NAME, DEVICE, "secret-person-2"):
        assert traces(running.root, name) == [], name
    assert traces(running.root, "Of the other")
    assert running.query("SELECT source, message_id, universal_user_id FROM mapped_tracks ORDER BY ALL") == before
    assert running.query("SELECT count(*) AS n FROM clew.rejections") == [{"n": 0}]
    for page in PAGES:
        status, text = request(running.web, "GET", page)
        assert status in (200, 404), (page, status)
        assert NAME not in text.replace(f"q={NAME}", "") or NAME in page, page
        assert DEVICE not in text


def test_a_retry_does_not_bring_them_back_and_leaves_no_trace(running: Running) -> None:
    running.batch([*THEIRS, *OTHERS])
    running.build()
    assert people(running, "forget", NAME, "--yes").returncode == 0
    running.kill("collect")
    running.wait_healthy()
    assert running.batch([{**m, "sentAt": "2026-03-09T10:00:00Z"} for m in THEIRS])[0] == 200
    running.build()
    assert running.query(PEOPLE) == [{"universal_user_id": "other@example.org"}, {"universal_user_id": "third"}]
    assert traces(running.root, NAME) == ["log/0000000002.ndjson"]
    running.kill("serve")
    running.wait_healthy()
    wait_until(lambda: traces(running.root, NAME) == [], "the repeats to go at the start")
    assert running.batch([track(99, "7T10:00", userId=NAME)])[0] == 200  # a new message is a new person's
    assert people(running, "forget", NAME, "--yes").returncode == 0
    assert traces(running.root, NAME) == []
    found = json.loads(people(running, "forgotten", NAME, "--format", "json").stdout)
    assert [(row["forget_id"], row["status"], row["messages"]) for row in found] == [(2, "done", 1), (1, "done", len(THEIRS))]
    assert json.loads(people(running, "forgotten", "third", "--format", "json").stdout) == []
    assert people(running, "forget", NAME, "--yes").returncode == 8
    wait_until(lambda: request(running.collect, "GET", "/health")[0] == 200, "the collector")
