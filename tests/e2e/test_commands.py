"""The command line on a running project and on one that rests: exit codes, output, and that `build` waits for what got a 200."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from running import CLEW, KEY, Running, clew, environment, wait_until


def events(count: int, prefix: str = "m") -> list[dict[str, Any]]:
    return [{"type": "track", "event": "Clicked", "anonymousId": f"a{n % 7}", "messageId": f"{prefix}{n}"} for n in range(count)]


def test_build_waits_for_what_got_a_200(running_project: Running) -> None:
    for n in range(5):
        status, _ = running_project.batch(events(200, f"round{n}-"))
        assert status == 200
        running_project.build()
        assert running_project.query("SELECT count(*) AS n FROM mapped_tracks") == [{"n": 200 * (n + 1)}]


def test_every_command_works_while_it_runs(running_project: Running) -> None:
    running_project.batch([*events(3), {"type": "track", "anonymousId": "no-event"}])
    root = running_project.root
    assert "mapped_tracks" in clew("build", project=root).stdout
    for arguments in (
        ("build", "--full"),
        ("query", "SELECT count(*) FROM tracks"),
        ("sql", "sessions"),
        ("log", "verify"),
        ("log", "stats"),
        ("log", "tail"),
        ("login",),
        ("--version",),
        ("--help",),
    ):
        done = run(root, *arguments)
        assert done.returncode == 0, (arguments, done.stderr)
        assert done.stdout.strip(), arguments


def run(root: Path, command: str, *rest: str) -> Any:
    """`log verify` and the like take --project after the subcommand; --help takes none."""
    if command.startswith("-"):
        return clew(command)
    if command == "log":
        return clew(command, rest[0], "--project", str(root), *rest[1:])
    return clew(command, *rest, project=root)


@pytest.mark.parametrize("command", ["up", "collect", "serve"])
def test_a_second_one_on_the_folder_is_refused(running_project: Running, command: str) -> None:
    done = clew(command, project=running_project.root)
    assert done.returncode == 3
    assert "already runs" in done.stderr
    assert str(running_project.root) in done.stderr


def test_formats_print_nothing_else(running_project: Running, tmp_path: Path) -> None:
    running_project.batch(events(4))
    running_project.build()
    sql = "SELECT message_id, timestamp, 1.5::DECIMAL(18,4) AS d FROM mapped_tracks ORDER BY 1"
    rows = running_project.query(sql)
    assert [r["message_id"] for r in rows] == ["m0", "m1", "m2", "m3"]
    as_csv = clew("query", "--format", "csv", sql, project=running_project.root)
    assert [r["message_id"] for r in csv.DictReader(io.StringIO(as_csv.stdout))] == ["m0", "m1", "m2", "m3"]
    import subprocess

    import pyarrow.parquet as parquet

    command = [*CLEW, "query", "--project", str(running_project.root), "--format", "parquet", sql]
    data = subprocess.run(command, capture_output=True, env=environment(), check=True).stdout
    assert parquet.read_table(io.BytesIO(data)).column("message_id").to_pylist() == ["m0", "m1", "m2", "m3"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("query", "SELEC 1"), 7, "SELEC"),
        (("query", "SELECT * FROM nowhere"), 7, "nowhere"),
        (("query", "DROP TABLE tracks"), 7, ""),
        (("query", "CREATE TABLE t AS SELECT 1"), 7, ""),
        (("query", "SELECT * FROM read_text('/etc/passwd')"), 7, ""),
        (("query", "--format", "xml", "SELECT 1"), 2, "xml"),
        (("sql", "no_such_model"), 2, "no_such_model"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_exit_codes(start_project: Callable[..., Running], tmp_path: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    root = tmp_path / "resting"
    assert clew("init", str(root)).returncode == 0
    done = clew(*arguments, project=root)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_errors_are_the_same_from_a_running_project(running_project: Running) -> None:
    done = clew("query", "--format", "json", "SELECT * FROM nowhere", project=running_project.root)
    assert (done.returncode, done.stdout) == (7, "")
    assert "nowhere" in done.stderr


def test_no_project(tmp_path: Path) -> None:
    for command in (("build",), ("query", "SELECT 1"), ("up",), ("collect",), ("serve",), ("login",)):
        done = clew(*command, project=tmp_path)
        assert done.returncode == 3, command
        assert "clew init" in done.stderr


def test_init(tmp_path: Path) -> None:
    done = clew("init", str(tmp_path / "one"), "--write-key", "my-key")
    assert (done.returncode, done.stdout) == (0, "my-key\n")
    assert clew("init", str(tmp_path / "one")).returncode == 3
    made_up = clew("init", str(tmp_path / "two")).stdout.strip()
    assert len(made_up) == 32
    assert made_up in (tmp_path / "two" / "clew.toml").read_text()


def test_a_resting_project_answers(start_project: Callable[..., Running]) -> None:
    running = start_project()
    running.batch(events(10))
    assert running.stop() == 0
    assert running.build()["rows"]["sessions"] == 7
    assert running.query("SELECT count(*) AS n FROM tracks") == [{"n": 10}]


def test_stops_cleanly_and_quietly(start_project: Callable[..., Running]) -> None:
    running = start_project()
    running.batch(events(10))
    assert running.stop() == 0
    assert running.err.read_text() == ""


def test_settings_from_the_environment(tmp_path: Path) -> None:
    import subprocess

    root = tmp_path / "p"
    clew("init", str(root), "--write-key", KEY)
    done = subprocess.run(
        [*CLEW, "query", "SELECT 42 AS answer"], capture_output=True, text=True, env=environment(CLEW_PROJECT=str(root), CLEW_FORMAT="json")
    )
    assert json.loads(done.stdout) == [{"answer": 42}]


def test_rules_are_tried_while_it_runs(running_project: Running) -> None:
    running_project.batch(events(20))
    running_project.build()
    where = ("--project", str(running_project.root))
    for group, change in (("identity", "mode=last"), ("sessions", "inactivity_minutes=10")):
        told = json.loads(clew(group, "try", *where, "--set", change, "--format", "json").stdout)
        assert (told["now"]["people"], told["then"]["people"], told["merged"], told["split"]) == (7, 7, 0, 0)
        assert "sessions" in clew(group, "try", *where, "--set", change).stdout
    wrong = clew("sessions", "try", *where, "--set", "inactivity=10")
    assert wrong.returncode != 0
    assert "expected the name of a setting" in wrong.stderr


def visits() -> list[dict[str, Any]]:
    """Six events of one person, 20 minutes apart."""
    return [
        {"type": "track", "event": "Clicked", "userId": "ada", "messageId": f"v{n}", "timestamp": f"2026-11-23T{8 + n // 3:02}:{n % 3 * 20:02}:00Z"}
        for n in range(6)
    ]


def test_rules_are_changed_while_it_runs(running_project: Running) -> None:
    """By the command, and by hand: the running `serve` sees clew.toml and builds anew by itself."""
    root = running_project.root
    running_project.batch(visits())
    running_project.build()
    assert running_project.query("SELECT count(*) AS n FROM sessions") == [{"n": 1}]
    before = (root / "clew.toml").read_text()
    done = clew("rules", "set", "--project", str(root), "sessions.inactivity_minutes=10")
    assert (done.returncode, done.stdout) == (0, "sessions.inactivity_minutes: 30 -> 10\n"), done.stderr
    assert (root / "clew.toml").read_text() == before.replace("inactivity_minutes = 30", "inactivity_minutes = 10")
    wait_until(lambda: running_project.query("SELECT count(*) AS n FROM sessions") == [{"n": 6}], "sessions by the new rule", every=0.5)
    newest = running_project.json("builds")[0]
    assert (newest["state"], newest["reason"], newest["is_full"]) == ("done", "rules changed", True)
    assert newest["changes"] == [{"name": "sessions.inactivity_minutes", "before": 30, "after": 10}]
    (root / "clew.toml").write_text(before)
    wait_until(lambda: running_project.query("SELECT count(*) AS n FROM sessions") == [{"n": 1}], "sessions by the rule before", every=0.5)
    assert clew("rules", "set", "--project", str(root), "sessions.inactivity_minutes=0").returncode == 2


def test_builds_are_listed(tmp_path: Path) -> None:
    """Also where nothing runs: the database is opened for it."""
    root = tmp_path / "project"
    clew("init", str(root))
    assert json.loads(clew("builds", "--format", "json", project=root).stdout) == []
    clew("build", project=root)
    clew("build", "--full", project=root)
    assert [(b["build_id"], b["reason"]) for b in json.loads(clew("builds", "--format", "json", project=root).stdout)] == [
        (2, "asked for"),
        (1, "first build"),
    ]
    rows = list(csv.DictReader(io.StringIO(clew("builds", "--format", "csv", "--lines", "1", project=root).stdout)))
    assert [(row["build_id"], row["state"], row["kind"], row["why"]) for row in rows] == [("2", "done", "full", "asked for")]
    table = clew("builds", project=root).stdout.splitlines()
    assert table[0].split() == ["build", "state", "began", "seconds", "kind", "loads", "people", "events", "why"]
    assert table[1].endswith("asked for")
    listed = json.loads(clew("rules", "list", "--project", str(root), "--format", "json").stdout)
    assert {"name": "sessions.inactivity_minutes", "value": 30, "default": 30, "help": "idle time that, exceeded, ends a session"} in listed
