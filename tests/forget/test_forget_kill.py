"""Killed at whatever moment, a request to forget somebody is finished by the next command, and nobody else loses anything."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from tests.forget.traces import traces

import clew
from clew import clock, config
from clew.app import project
from clew.config import Paths
from clew.eventlog import LogWriter, compress_closed, seal, verify
from clew.messages import Stamp
from clew.state import State, forgets

NAME = "secret.person@example.org"
CHILD = Path(__file__).with_name("forgetting_child.py")
START = clock.parse_time("2026-03-01") or 0
PEOPLE, EACH = 20, 30
DUMP = "SELECT source, message_id, universal_user_id, model_time FROM mapped_tracks ORDER BY ALL"


def _line(person: str, number: int, reason: str | None = None) -> bytes:
    at, key = START + number * clock.MINUTE, f"{person}-{number}".encode().hex()
    message = {"type": "track", "event": "Viewed", "messageId": key, "anonymousId": f"device of {person}", "userId": person}
    stamp = Stamp(source="app", received_at=at, type="track", message_id=key, timestamp=at, reason=reason)
    return seal(stamp, msgspec.json.encode(message))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with several chunks, some compressed, all of it built."""
    root = tmp_path_factory.mktemp("whole") / "p"
    project.init(root)
    paths = Paths(root)
    people = [NAME, *(f"p{n}" for n in range(PEOPLE))]
    for folder, reason in ((paths.log, None), (paths.refused, "invalid")):
        with LogWriter(folder, config.Log()) as writer:
            for number in range(EACH):
                writer.append(b"".join(_line(person, number, reason) for person in people), len(people))
                if number % 8 == 7:
                    writer.roll()
    compress_closed(paths.log)
    clew.open(root).build()
    return root


def _check(root: Path, before: list[dict[str, object]], done: bool) -> None:
    opened = clew.open(root)
    opened.build()
    with State.open(Paths(root).state) as state:
        requests = forgets(state)
    if not done and not requests:
        assert opened.query(DUMP) == before
        return
    assert [r.status for r in requests] == ["done"]
    assert opened.query(DUMP) == [row for row in before if row["universal_user_id"] != NAME]
    assert traces(root, NAME) == []
    for folder in (Paths(root).log, Paths(root).refused):
        found = verify(folder)
        assert (found.records, found.deleted, found.corrupt) == (PEOPLE * EACH, EACH, [])
    opened.build(full=True)
    assert opened.query(DUMP) == [row for row in before if row["universal_user_id"] != NAME]


def _kill_at(root: Path, seconds: float) -> bool:
    """Whether it was done before it could be killed."""
    child = subprocess.Popen([sys.executable, str(CHILD), str(root), NAME])
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    assert child.returncode in (0, -9)
    return child.returncode == 0


def _rounds(whole: Path, tmp_path: Path, count: int) -> None:
    before = clew.open(whole).query(DUMP)
    assert len([row for row in before if row["universal_user_id"] == NAME]) == EACH
    began = time.monotonic()
    shutil.copytree(whole, tmp_path / "undisturbed")
    assert _kill_at(tmp_path / "undisturbed", 120)
    took = time.monotonic() - began
    _check(tmp_path / "undisturbed", before, done=True)
    chance = random.Random(count)
    for number in range(count):
        root = tmp_path / str(number)
        shutil.copytree(whole, root)
        done = _kill_at(root, took * chance.uniform(0.3, 1))
        if number % 2:
            done = _kill_at(root, took * chance.uniform(0.3, 1)) or done
        _check(root, before, done)
        shutil.rmtree(root)


def test_killed_anywhere(whole: Path, tmp_path: Path) -> None:
    _rounds(whole, tmp_path, int(os.environ.get("CLEW_KILLS", "4")))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_often(whole: Path, tmp_path: Path) -> None:
    _rounds(whole, tmp_path, 100)
