"""The supervisor: starts both, restarts what dies, stops cleanly, and its children never outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.app import up

CHILD = """
import os, sys, time
from clew.app.up import follow_supervisor
follow_supervisor()
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
time.sleep(60)
"""
PARENT = """
import sys, pathlib
from clew.app import up
up._command = lambda role, root, *rest: [sys.executable, "-c", sys.argv[2], str(root / role)]
up.run(pathlib.Path(sys.argv[1]))
"""


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        return b"\nState:\tZ" not in Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return False


@pytest.fixture
def supervisor(tmp_path: Path) -> subprocess.Popen[bytes]:  # type: ignore[misc]
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), CHILD], stderr=subprocess.PIPE) as process:
        until(lambda: bool(pids(tmp_path / "collect")) and bool(pids(tmp_path / "serve")))
        yield process  # type: ignore[misc]
        process.kill()


def test_what_dies_is_started_again(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    os.kill(pids(tmp_path / "serve")[0], signal.SIGKILL)
    until(lambda: len(pids(tmp_path / "serve")) == 2)
    assert len(pids(tmp_path / "collect")) == 1


def test_a_stop_stops_both(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    supervisor.terminate()
    assert supervisor.wait(20) == 0
    assert not alive(pids(tmp_path / "collect")[0])
    assert not alive(pids(tmp_path / "serve")[0])


def test_children_do_not_outlive_a_killed_supervisor(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    supervisor.kill()
    until(lambda: not alive(pids(tmp_path / "collect")[0]) and not alive(pids(tmp_path / "serve")[0]))


def test_a_second_supervisor_is_refused(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    second = subprocess.run([sys.executable, "-c", PARENT, str(tmp_path), CHILD], stderr=subprocess.PIPE, text=True, timeout=30)
    assert second.returncode == 1
    assert "clew up already runs" in second.stderr
    assert f"process {supervisor.pid}" in second.stderr


def test_the_wait_before_a_restart_grows() -> None:
    child = up.Child("x", ["true"], 0)
    for expected in (0.4, 0.8, 1.6):
        child._died(1)
        assert child._delay == pytest.approx(expected)
