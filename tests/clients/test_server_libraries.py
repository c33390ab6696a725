"""Segment's own server libraries, unmodified, deliver all six calls: to a collector that stands still, and through one that is killed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import NODE_TESTS
from running import Running, environment

HERE = Path(__file__).parent
TABLES = {"track": "tracks", "identify": "identifies", "page": "pages", "screen": "screens", "group": "groups", "alias": "aliases"}
pytestmark = pytest.mark.clients


@pytest.fixture(params=["python", "node"])
def library(request: pytest.FixtureRequest) -> tuple[str, list[str]]:
    """Prefix of its ids, and the command that sends."""
    if request.param == "python":
        return "py", [sys.executable, str(HERE / "six_calls.py")]
    return "node", [request.getfixturevalue("node"), str(NODE_TESTS / "six_calls.mjs")]


def test_all_six_calls(library: tuple[str, list[str]], running_project: Running) -> None:
    prefix, command = library
    client = send(command, running_project, rounds=2, pause=0)
    assert finish(client)[-1] == "done"
    expect_each_once(running_project, prefix, rounds=2)


def test_a_collector_killed_in_the_middle(library: tuple[str, list[str]], running_project: Running) -> None:
    prefix, command = library
    rounds = 40
    client = send(command, running_project, rounds=rounds, pause=0.05)
    assert client.stdout is not None
    for line in client.stdout:
        if line.startswith("round") and int(line.split()[1]) in (8, 20):
            running_project.kill("collect")
    printed = finish(client)
    assert client.returncode == 0, printed
    expect_each_once(running_project, prefix, rounds)


def test_a_stop_and_start_of_everything(library: tuple[str, list[str]], start_project: Callable[..., Running]) -> None:
    prefix, command = library
    running = start_project()
    rounds = 20
    client = send(command, running, rounds=rounds, pause=0.1)
    assert client.stdout is not None
    for line in client.stdout:
        if line.startswith("round 5"):
            assert running.stop() == 0
            running.start()
    finish(client)
    expect_each_once(running, prefix, rounds)


def send(command: list[str], running: Running, rounds: int, pause: float) -> subprocess.Popen[str]:
    arguments = [f"http://{running.collect}", running.key, str(rounds), str(pause)]
    return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())


def finish(client: subprocess.Popen[str]) -> list[str]:
    """What it went on to print; fails if it gave a batch up."""
    out, _ = client.communicate(timeout=120)
    assert "failed" not in out, out
    return out.splitlines()


def expect_each_once(running: Running, prefix: str, rounds: int) -> None:
    """Every call is in the log, and in its table once, with what was sent."""
    running.build()
    in_log = Counter((r["type"], r["message_id"]) for r in log_records(running.root))
    assert Counter(kind for kind, _ in in_log) == dict.fromkeys(TABLES, rounds)
    for kind, table in TABLES.items():
        rows = running.query(f"SELECT count(*) AS n, count(DISTINCT id) AS ids, count(DISTINCT user_id) AS users FROM app.{table}")
        assert rows == [{"n": rounds, "ids": rounds, "users": rounds}], kind
    orders = running.query("SELECT order_id, revenue, n FROM app.order_completed ORDER BY n")
    assert [(o["order_id"], float(o["revenue"]), o["n"]) for o in orders] == [(f"{prefix}-{n}", 12.5, n) for n in range(rounds)]
    people = running.query("SELECT count(DISTINCT universal_user_id) AS n, count(*) AS aliases FROM universal_alias_mapping")[0]
    aliases = {"py": 3, "node": 3}[prefix]
    assert people == {"n": rounds, "aliases": aliases * rounds}


def log_records(root: Path) -> list[dict[str, Any]]:
    """The log as common tools read it: a JSON object a line, closed chunks in gzip."""
    records = []
    for chunk in sorted((root / "log").glob("*.ndjson*")):
        data = gzip.decompress(chunk.read_bytes()) if chunk.suffix == ".gz" else chunk.read_bytes()
        records += [json.loads(line) for line in data.splitlines() if line]
    return records
