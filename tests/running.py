"""A project that really runs: `clew up` as a process on free ports, and what tests do with it."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

KEY = "test-key"
CLEW = (sys.executable, "-m", "clew")
START_SECONDS = 60.0


def clew(*arguments: str, project: Path | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a `clew` command as a person does and return what it printed and its exit code."""
    where = ("--project", str(project)) if project else ()
    return subprocess.run([*CLEW, arguments[0], *where, *arguments[1:]], capture_output=True, text=True, timeout=timeout, env=environment())


def environment(**more: str) -> dict[str, str]:
    """The environment without settings of Clew that the machine may have."""
    return {k: v for k, v in os.environ.items() if not k.startswith("CLEW_")} | more


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def wait_until(condition: Callable[[], Any], what: str, seconds: float = START_SECONDS, every: float = 0.05) -> Any:
    """The first true value of `condition`; fails the test, naming `what`, when there is none in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(every)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


class Running:
    """`clew up` on `root`. `out` and `err` are the files that hold what it prints."""

    def __init__(self, root: Path, *, key: str = KEY, settings: str = "") -> None:
        self.root = root
        self.key = key
        self.collect = f"127.0.0.1:{free_port()}"
        self.web = f"127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None
        if not (root / "clew.toml").exists():
            done = clew("init", str(root), "--write-key", key)
            assert done.returncode == 0, done.stderr
        if settings:
            with (root / "clew.toml").open("a") as file:
                file.write(settings)
        self.out = root / "up.out"
        self.err = root / "up.err"

    def start(self) -> Running:
        with self.out.open("ab") as out, self.err.open("ab") as err:
            command = [*CLEW, "up", "--project", str(self.root), "--collect", self.collect, "--web", self.web]
            self.process = subprocess.Popen(command, stdout=out, stderr=err, env=environment())
        self.wait_healthy()
        return self

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def end(self) -> None:
        """Stop it however it is."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def wait_healthy(self) -> None:
        for address in (self.collect, self.web):
            wait_until(lambda address=address: self._alive() and healthy(address), f"http://{address}/health; it printed: {self.printed()}")

    def _alive(self) -> bool:
        assert self.process is not None
        code = self.process.poll()
        assert code is None, f"clew up ended with {code}; it printed: {self.printed()}"
        return True

    def printed(self) -> str:
        return self.out.read_text() + self.err.read_text()

    def pid(self, role: str) -> int | None:
        """The process of `collect` or `serve`, None while there is none."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in map(int, children):
            if role.encode() in command_line(child)[:5]:
                return child
        return None

    def kill(self, role: str) -> None:
        """kill -9 of one of the two processes."""
        os.kill(wait_until(lambda: self.pid(role), f"a {role} process"), signal.SIGKILL)

    def post(self, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
        """POST JSON to the collector with the write key as Basic; status and the JSON of the answer. Raises OSError where nobody answers."""
        return request(self.collect, "POST", path, json.dumps(body).encode(), {"Authorization": basic(self.key if key is None else key)})

    def batch(self, messages: Sequence[dict[str, Any]]) -> tuple[int, Any]:
        return self.post("/v1/batch", {"batch": list(messages)})

    def build(self) -> dict[str, Any]:
        """`clew build`: all that got a 200 is loaded and modelled."""
        return dict(self.json("build"))

    def query(self, sql: str) -> list[dict[str, Any]]:
        """`clew query --format json`."""
        return list(self.json("query", sql))

    def json(self, command: str, *arguments: str) -> Any:
        """What a command prints with --format json."""
        done = clew(command, "--format", "json", *arguments, project=self.root)
        assert done.returncode == 0, f"clew {command}: exit code {done.returncode}: {done.stderr}\n{self.printed()[-3000:]}"
        return json.loads(done.stdout)


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def healthy(address: str) -> bool:
    """Whether GET /health answers 200."""
    try:
        return request(address, "GET", "/health")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def request(address: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """Status and the answer: JSON where it is, else text."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} | (headers or {}))
        response = connection.getresponse()
        data = response.read()
        is_json = "json" in response.headers.get("Content-Type", "")
        return response.status, json.loads(data) if is_json else data.decode("utf-8", "replace")
    finally:
        connection.close()


def command_line(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
