"""A real collector in a process of its own, on a free port."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clew.collect.collector import CollectAddress

PROGRAM = """
import sys
from pathlib import Path
from clew import config
from clew.collect.serve import run
from clew.errors import ClewError
root = Path(sys.argv[1])
try:
    run(root, config.load(root), sys.argv[2])
except ClewError as error:
    sys.exit((print(error, file=sys.stderr), error.exit_code)[1])
"""
CONFIG = '[[sources]]\nname = "server"\nwrite_key = "WK_TEST"\n'


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    json: Any


class Server(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(
                "POST", path, body if isinstance(body, bytes) else json.dumps(body), {"Authorization": "Basic V0tfVEVTVDo=", **headers}
            )
            response = connection.getresponse()
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, json.loads(response.read()))
        finally:
            connection.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """The collector of the project in `root`, which is made if there is none."""
    if not (root / "clew.toml").exists():
        (root / "clew.toml").write_text(CONFIG)
    with start(root) as process:
        try:
            yield Server(process, int(wait_for(root, process).url.rpartition(":")[2]))
        finally:
            if process.poll() is None:
                process.kill()


def start(root: Path, address: str = "127.0.0.1:0") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(root), address], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def wait_for(root: Path, process: subprocess.Popen[bytes]) -> CollectAddress:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"ended with {process.returncode}: {(process.stderr.read() if process.stderr else b'').decode()}")
        try:
            address = msgspec.json.decode((root / "run" / "collect.json").read_bytes(), type=CollectAddress)
        except FileNotFoundError:
            time.sleep(0.02)
            continue
        if address.pid == process.pid:
            return address
    raise TimeoutError("the collector did not start in 20 s")
