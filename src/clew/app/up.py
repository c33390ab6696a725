"""`clew up`: runs `collect` and `serve` as child processes, restarts what dies, and stops both cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from clew import locks
from clew.config import Paths

ROLES = ("collect", "serve")
SUPERVISOR_PIPE = "CLEW_SUPERVISOR_PIPE"
FIRST_DELAY, LAST_DELAY, STEADY = 0.2, 10.0, 30.0
"""Seconds: the first wait before a restart, the longest one, and how long a child must have lived to be trusted again."""
GRACE = 15.0
"""Seconds a child has to stop before it is killed."""


class Child:
    """One supervised process, and when it may be started again."""

    def __init__(self, role: str, command: list[str], pipe: int) -> None:
        self.role = role
        self._command = command
        self._pipe = pipe
        self._delay = FIRST_DELAY
        self._due = 0.0
        self._began = time.monotonic()
        self.process: subprocess.Popen[bytes] | None = None

    def tend(self) -> None:
        """Start the process if it does not run and its wait is over."""
        if self.process is not None and self.process.poll() is not None:
            self._died(self.process.returncode)
        if self.process is None and time.monotonic() >= self._due:
            self._start()

    def _start(self) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            self._command, pass_fds=(self._pipe,), env={**os.environ, SUPERVISOR_PIPE: str(self._pipe)}, start_new_session=True
        )

    def _died(self, code: int) -> None:
        self._delay = FIRST_DELAY if time.monotonic() - self._began > STEADY else min(self._delay * 2, LAST_DELAY)
        self._due = time.monotonic() + self._delay
        self.process = None
        print(f"clew up: {self.role} ended with {code}; it starts again in {self._delay:.1f} s", file=sys.stderr, flush=True)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(root: Path, collect: str | None = None, web: str | None = None, stop: threading.Event | None = None) -> None:
    """Run both processes on the project until SIGINT, SIGTERM or `stop`. Raises ProjectError if they already run there."""
    stopping = stop or threading.Event()
    with locks.hold(Paths(root).run / "up.lock", "clew up"):
        if threading.current_thread() is threading.main_thread():
            _stop_on_signals(stopping)
        reading, writing = os.pipe()
        children = [
            Child("collect", _command("collect", root, "--collect", collect), reading),
            Child("serve", _command("serve", root, "--web", web), reading),
        ]
        try:
            while not stopping.is_set():
                for child in children:
                    child.tend()
                stopping.wait(0.1)
        finally:
            _stop(children)
            os.close(reading)
            os.close(writing)


def _command(role: str, root: Path, option: str, address: str | None) -> list[str]:
    return [sys.executable, "-m", "clew", role, "--project", str(root), *([option, address] if address else [])]


def _stop_on_signals(stopping: threading.Event) -> None:
    def on_signal(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def _stop(children: list[Child]) -> None:
    for child in children:
        child.stop()
    until = time.monotonic() + GRACE
    for child in children:
        child.wait(until)


def follow_supervisor() -> None:
    """In a child: stop when the supervisor is gone, however it died. Its end of the pipe closes with it."""
    descriptor = os.environ.pop(SUPERVISOR_PIPE, "")
    if not descriptor:
        return

    def wait() -> None:
        os.read(int(descriptor), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="follow-supervisor", daemon=True).start()
