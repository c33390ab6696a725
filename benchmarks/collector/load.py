"""Load on a collector: as much as it takes (wrk, or Python where wrk is missing), or at a given rate with each answer's time."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

KEY = "Basic QkVOQ0g6"
"""The write key BENCH."""
SCRIPT = """
local bodies = {{}}
for i = 1, {count} do
  local file = io.open(string.format("{folder}/%d", i), "rb")
  bodies[i] = file:read("*a")
  file:close()
end
local headers = {{["Content-Type"] = "application/json", ["Authorization"] = "{key}"{more}}}
local number = 0
request = function()
  number = number % {count} + 1
  return wrk.format("POST", "{path}", headers, bodies[number])
end
"""


class Job(NamedTuple):
    """What is sent: one of the bodies after the other, from so many connections at once."""

    name: str
    path: str
    bodies: list[bytes]
    connections: int
    gzip: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Encoding": "gzip"} if self.gzip else {}


class Result(NamedTuple):
    per_second: float
    p99: float
    """Milliseconds."""


def full_load(job: Job, port: int, seconds: float) -> Result:
    """As many requests as are answered."""
    if shutil.which("wrk") is None:
        return asyncio.run(_paced(job, port, seconds, None))
    with tempfile.TemporaryDirectory() as folder:
        for number, body in enumerate(job.bodies, 1):
            (Path(folder) / str(number)).write_bytes(body)
        more = "".join(f', ["{name}"] = "{value}"' for name, value in job.headers.items())
        script = Path(folder) / "script.lua"
        script.write_text(SCRIPT.format(count=len(job.bodies), folder=folder, key=KEY, path=job.path, more=more))
        command = [
            "wrk",
            "-t1",
            f"-c{job.connections}",
            f"-d{seconds:.0f}s",
            "--timeout",
            "30s",
            "--latency",
            "-s",
            str(script),
            f"http://127.0.0.1:{port}",
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate is not None
    assert late is not None
    return Result(float(rate[1]), float(late[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[late[2]])


def paced_load(job: Job, port: int, seconds: float, per_second: float) -> Result:
    """So many requests a second, each due at its time whether or not earlier ones are answered; p99 counts from when it was due."""
    return asyncio.run(_paced(job, port, seconds, per_second))


async def _paced(job: Job, port: int, seconds: float, per_second: float | None) -> Result:
    began, sent, took = time.perf_counter(), 0, []

    async def connection() -> None:
        nonlocal sent
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due = time.perf_counter() if per_second is None else began + sent / per_second
            if due > began + seconds:
                break
            body = job.bodies[sent % len(job.bodies)]
            sent += 1
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(_head(job, len(body)) + body)
            await _answer(reader)
            took.append(time.perf_counter() - due)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(connection() for _ in range(job.connections)))
    took.sort()
    return Result(len(took) / (time.perf_counter() - began), took[int(len(took) * 0.99)] * 1000)


def _head(job: Job, size: int) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
    return f"POST {job.path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {KEY}\r\n{more}Content-Length: {size}\r\n\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    if b"transfer-encoding: chunked" in head.lower():
        await reader.readuntil(b"0\r\n\r\n")
        return
    size = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert size is not None
    await reader.readexactly(int(size[1]))
