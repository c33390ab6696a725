"""The event log against the least that could do each job: sealing, group commit, reading. Prints ratios of one run.

    python -m benchmarks.eventlog

- sealing an event, beside decoding and encoding the same event with msgspec, which every collector does;
- group commit of single events by 64 senders, beside a bare buffer, `write` and `fdatasync` in asyncio's own executor;
- reading with every checksum, beside splitting the same bytes into lines and checking nothing.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from clew import config
from clew.eventlog import Cursor, LogReader, LogWriter, compress_closed, seal
from clew.eventlog.commit import GroupCommit
from clew.messages import Message, Stamp

NOW = 1_763_929_200_000_000
STAMP = Stamp(source="web", received_at=NOW, batch_index=7, type="track", message_id="ajs-next-1763929199000-5d41", timestamp=NOW, sent_at=NOW)
PROPERTIES = ",".join(f'"property_{n}":"value {n} of the event"' for n in range(18))
MESSAGE = f'{{"type":"track","event":"Order Completed","messageId":"ajs-next-1763929199000-5d41","properties":{{{PROPERTIES}}}}}'.encode()
LINE = seal(STAMP, MESSAGE)
SENDERS, ROUNDS = 64, 5
SECONDS = 1.0
LOG_BYTES = 200_000_000
TURN = 5000


def per_call(call: Callable[[], object]) -> float:
    """Microseconds a call: the best of many short turns, since the machine is shared."""
    best = float("inf")
    for _ in range(40):
        begin = time.perf_counter()
        for _ in range(TURN):
            call()
        best = min(best, time.perf_counter() - begin)
    return best / TURN * 1e6


def sealing() -> None:
    decode, encode = msgspec.json.Decoder(Message).decode, msgspec.json.Encoder().encode
    ours, least = per_call(lambda: seal(STAMP, MESSAGE)), per_call(lambda: encode(decode(MESSAGE)))
    print(f"sealing {len(LINE)} bytes: {ours:.2f} us; decoding and encoding: {least:.2f} us; ratio {ours / least:.2f}")


class Bare:
    """The least that commits groups: a list, and asyncio's executor."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._lines: list[bytes] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None

    async def append(self, lines: bytes, count: int) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._lines.append(lines)
        self._waiters.append(waiter)
        if self._task is None:
            self._task = asyncio.create_task(self._flush())
        await waiter

    async def _flush(self) -> None:
        while self._lines:
            lines, waiters = b"".join(self._lines), self._waiters
            self._lines, self._waiters = [], []
            await asyncio.get_running_loop().run_in_executor(None, self._write, lines)
            for waiter in waiters:
                waiter.set_result(None)
        self._task = None

    def _write(self, lines: bytes) -> None:
        os.write(self._file, lines)
        os.fdatasync(self._file)

    async def close(self) -> None:
        os.close(self._file)


async def appends_a_second(log: Any, work_us: float) -> float:
    """Awaited appends a second by 64 senders, each of which works so long between two, as a collector does."""
    until = time.perf_counter() + SECONDS
    done = 0

    async def send() -> None:
        nonlocal done
        while time.perf_counter() < until:
            spin = time.perf_counter() + work_us / 1e6
            while time.perf_counter() < spin:
                pass
            await log.append(LINE, 1)
            done += 1

    await asyncio.gather(*(send() for _ in range(SENDERS)))
    return done / SECONDS


async def committing() -> None:
    for work_us in (0, 30):
        ours, bare = [], []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory(dir=".") as folder:
                bare.append(await _measured(Bare(Path(folder) / "bare"), work_us))
                with LogWriter(Path(folder) / "log", config.Log()) as writer:
                    ours.append(await _measured(GroupCommit(writer, 4 << 20, 0.0), work_us))
        ratio = statistics.median(our / least for our, least in zip(ours, bare, strict=True))
        print(f"group commit, {work_us} us of work: {statistics.median(ours):,.0f}/s; bare: {statistics.median(bare):,.0f}/s; ratio {ratio:.2f}")


async def _measured(log: Any, work_us: float) -> float:
    rate = await appends_a_second(log, work_us)
    closing: Awaitable[None] = log.close()
    await closing
    return rate


def reading() -> None:
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        with LogWriter(folder, config.Log(roll_bytes=LOG_BYTES // 4)) as writer:
            for _ in range(LOG_BYTES // len(LINE) // 1000):
                writer.append(LINE * 1000, 1000)
        least = best_rate(folder, split_only)
        plain = best_rate(folder, read_log)
        compress_closed(folder)
        packed = best_rate(folder, read_log)
    print(f"reading: {plain:,.0f} MB/s with checksums, {packed:,.0f} compressed; splitting alone: {least:,.0f} MB/s; ratio {plain / least:.2f}")


def best_rate(folder: Path, read: Callable[[Path], int]) -> float:
    rates = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        rates.append(read(folder) * len(LINE) / 1e6 / (time.perf_counter() - begin))
    return max(rates)


def split_only(folder: Path) -> int:
    lines = 0
    for path in sorted(folder.glob("*.ndjson")):
        with path.open("rb", buffering=0) as file:
            rest = b""
            while block := file.read(128 * 1024):
                *whole, rest = (rest + block).split(b"\n")
                lines += len(whole)
    return lines


def read_log(folder: Path) -> int:
    lines = 0
    with LogReader(folder) as reader:
        part = reader.read(Cursor())
        while part.lines:
            lines += len(part.lines)
            part = reader.read(part.next)
    return lines


if __name__ == "__main__":
    sealing()
    uvloop.run(committing())
    reading()
