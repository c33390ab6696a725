"""Prints the collector's throughput as a ratio to the smallest collector's, and its p99 at half its maximum load.

Targets: 0.5 in batches of 100, plain and gzipped, and in single calls at 64 connections; p99 under 250 ms.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.collector.bodies import batches, packed, singles
from benchmarks.collector.load import Job, Result, full_load, paced_load

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
SECONDS = 4.0
BODIES = 120
CLEW = "import sys, pathlib, clew.config as c, clew.collect.serve as s; root = pathlib.Path(sys.argv[1]); s.run(root, c.load(root), sys.argv[2])"
SETTINGS = """\
[[sources]]
name = "bench"
write_key = "BENCH"

# The load generator sends its messages again and again; with this memory none of them is known any more when it comes again.
[collect]
remember_messages = 5000

# Closed chunks are compressed now and then by a thread, and would be so in the middle of one measurement or the other.
[log]
compress = false
"""


def main() -> None:
    plain = batches(BODIES)
    jobs = [
        Job("batches of 100", "/v1/batch", plain, 32),
        Job("the same, gzip", "/v1/batch", packed(plain), 32, gzip=True),
        Job("batches as Python writes them", "/v1/batch", batches(BODIES, spaced=True), 32),
        Job("single calls", "/v1/track", singles(6000), 64),
    ]
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder, running(Path(folder)) as (smallest, clew):
        for job in jobs:
            compare(job, smallest, clew)


def compare(job: Job, smallest: Server, clew: Server) -> None:
    """Takes turns, so that what else the machine does falls on both."""
    rounds = [(measure(job, smallest), measure(job, clew)) for _ in range(ROUNDS)]
    ratio = statistics.median(ours.load.per_second / theirs.load.per_second for theirs, ours in rounds)
    work = statistics.median(theirs.cpu / ours.cpu for theirs, ours in rounds)
    theirs_cpu, ours_cpu = (min(each[who].cpu for each in rounds) * 1e6 for who in (0, 1))
    theirs, ours = (min((each[who] for each in rounds), key=lambda measured: measured.load.p99).load for who in (0, 1))
    half = min((paced_load(job, clew.port, SECONDS, ours.per_second / 2) for _ in range(ROUNDS)), key=lambda result: result.p99)
    print(
        f"{job.name:30} ratio {ratio:.2f} (processor time {work:.2f}: {theirs_cpu:.0f} and {ours_cpu:.0f} us)\n"
        f"    best round: clew {ours.per_second:.0f}/s, p99 {ours.p99:.0f} ms; "
        f"smallest {theirs.per_second:.0f}/s, p99 {theirs.p99:.0f} ms; clew at half load ({half.per_second:.0f}/s) p99 {half.p99:.0f} ms",
        flush=True,
    )


class Server(NamedTuple):
    port: int
    pid: int


class Measured(NamedTuple):
    load: Result
    cpu: float
    """Seconds of processor time a request."""


def measure(job: Job, server: Server) -> Measured:
    before = cpu_seconds(server.pid)
    load = full_load(job, server.port, SECONDS)
    return Measured(load, (cpu_seconds(server.pid) - before) / (load.per_second * SECONDS))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(folder: Path) -> Iterator[tuple[Server, Server]]:
    """Both collectors."""
    (folder / "clew.toml").write_text(SETTINGS)
    ports = free_port(), free_port()
    commands = (
        [sys.executable, "-m", "benchmarks.collector.smallest", str(ports[0]), str(folder)],
        [sys.executable, "-c", CLEW, str(folder), f"127.0.0.1:{ports[1]}"],
    )
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    try:
        for port in ports:
            wait_for(port)
        yield Server(ports[0], processes[0].pid), Server(ports[1], processes[1].pid)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


if __name__ == "__main__":
    main()
