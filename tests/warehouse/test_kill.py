"""kill -9 of a loading process at random moments: every record is in the warehouse once, and so is every row of every table."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.warehouse.project import Project, record

from clew.warehouse.loading import keys
from clew.warehouse.loading.scanning import SCAN_LINES

CHILD = Path(__file__).with_name("loading_child.py")
RECORDS = 3000


def messages() -> list[dict[str, Any]]:
    """Track calls of several events whose properties change sorts on the way, log-ins, and every tenth record sent twice."""
    made: list[dict[str, Any]] = []
    for number in range(RECORDS):
        if number % 7 == 0:
            made.append({"type": "identify", "messageId": f"m{number}", "userId": f"u{number % 50}", "traits": {"n": number, f"t{number % 5}": True}})
        else:
            value = number if number < RECORDS // 2 else f"v{number}"
            made.append({"type": "track", "messageId": f"m{number}", "anonymousId": "a", "event": f"E{number % 5}", "properties": {"v": value}})
        if number % 10 == 0 and number > 10:
            made.append(made[-10])
    return made


def run_and_kill(root: Path, after: float, scan_lines: int) -> bool:
    """Whether the child was done before it was killed."""
    with subprocess.Popen([sys.executable, CHILD, str(root), "20000", str(scan_lines)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(after)
        child.kill()
        return child.stdout.read() == "done\n"


def kill_often(root: Path, settings: Any, times: int, scan_lines: int) -> None:
    project = Project(root, settings)
    lines = [record(message, at=number) for number, message in enumerate(messages())]
    for start in range(0, len(lines), 1000):
        project.write(*lines[start : start + 1000])
    project.close()
    chance = random.Random(times)
    kills = sum(not run_and_kill(root, chance.uniform(0, 0.8), scan_lines) for _ in range(times))
    assert kills, "no run was killed before it was done: the test shows nothing"
    project.open()
    project.load()
    check(project)
    project.close()


def check(project: Project) -> None:
    assert project.rows("SELECT count(*), count(DISTINCT message_id) FROM clew.events") == [(RECORDS, RECORDS)]
    identifies = len(range(0, RECORDS, 7))
    assert project.rows("SELECT count(*), count(DISTINCT id) FROM web.tracks") == [(RECORDS - identifies,) * 2]
    assert project.rows("SELECT count(*), count(DISTINCT id) FROM web.identifies") == [(identifies,) * 2]
    for event in range(5):
        expected = sum(1 for number in range(RECORDS) if number % 5 == event and number % 7)
        assert project.rows(f"SELECT count(*), count(DISTINCT id), count(v) FROM web.e{event}") == [(expected,) * 3]
        assert project.rows(f"SELECT count(*) FROM web.e{event} WHERE v NOT IN (substr(id, 2), 'v' || substr(id, 2))") == [(0,)]
    newest = {f"u{number % 50}": number for number in range(0, RECORDS, 7)}
    assert dict(project.rows("SELECT id, n FROM web.users")) == newest
    records = len(messages())
    assert project.rows("SELECT sum(records), sum(stored), sum(duplicates), sum(set_aside) FROM clew.loads") == [
        (records, RECORDS, records - RECORDS, 0)
    ]


@pytest.mark.parametrize("scan_lines", [1, SCAN_LINES])
@pytest.mark.parametrize("times", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_killed_at_random_moments(tmp_path: Path, times: int, scan_lines: int) -> None:
    from tests.warehouse.project import SMALL

    kill_often(tmp_path, SMALL, times, scan_lines)


def test_a_crash_between_the_file_of_keys_and_the_commit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "TAIL_KEYS", 2)
    lines = [record({"type": "track", "messageId": f"m{n}", "anonymousId": "a", "event": "E"}) for n in range(6)]
    project.feed(*lines[:3])
    project.write(*lines[3:])

    def dies(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("clew.warehouse.loading.transaction.drop_repeats", dies)
        patch.setattr("clew.warehouse.loading.keys.KeyIndex.forget", lambda self: None)  # a process that dies tidies nothing up
        with pytest.raises(SystemExit):
            project.loader.load()
    files = list((project.root / "dedupe").glob("*.keys"))
    assert len(files) == 1
    project.close()
    project.open()
    assert list((project.root / "dedupe").glob("*.keys")) == []
    assert project.load()[0].stored == 3
    assert project.feed(*lines).duplicates == 6
