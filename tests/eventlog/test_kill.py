"""kill -9 at random moments: whatever was acknowledged is there, once, in order; and reading went on through all of it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.eventlog import Cursor, CursorFile, LogReader, compress_closed, erase, verify
from clew.eventlog.disk.chunk import list_chunks
from clew.messages import decode_record
from eventlog.lines import START, line, numbers, read_on, write_chunks

KILLS = [4, pytest.param(100, marks=pytest.mark.soak)]
TESTS = Path(__file__).parents[1]
RANDOM = random.Random(97)


def run_and_kill(job: str, folder: Path, first: int, meanwhile: Callable[[], object] = lambda: None) -> list[int]:
    """Runs the child and kills it up to 80 ms after its first word; returns the numbers that it said."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "eventlog.child", job, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, pipesize=1 << 20) as child:
        assert child.stdout is not None
        said = child.stdout.readline()
        deadline = time.monotonic() + RANDOM.random() * 0.08
        while time.monotonic() < deadline:
            meanwhile()
        child.kill()
        said += child.stdout.read()
    return [int(word) for word in said.split(b"\n")[:-1]]


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_writer_loses_and_doubles_nothing(tmp_path: Path, kills: int):
    acknowledged: list[int] = []
    seen: list[bytes] = []
    cursor = Cursor()
    with LogReader(tmp_path) as reader:

        def read() -> None:
            nonlocal cursor
            part = reader.read(cursor, 50_000)
            assert not part.corrupt
            seen.extend(part.lines)
            cursor = part.next

        for kill in range(kills):
            acknowledged += run_and_kill("write", tmp_path, kill * 1_000_000, read)
        rest, corrupt, _ = read_on(reader, cursor)
        seen += rest
    assert not corrupt
    found = [decode_record(seen_line).received_at - START for seen_line in seen]
    assert found == sorted(set(found))
    assert set(acknowledged) <= set(found)
    assert numbers(tmp_path) == found
    verified = verify(tmp_path)
    assert (verified.records, verified.deleted, verified.corrupt) == (len(found), 0, [])
    print(f"{kills} kills: {len(acknowledged)} acknowledged, {len(found)} in the log, {verified.torn_bytes} torn bytes left by the last")


@pytest.mark.parametrize("kills", KILLS)
def test_killed_upkeep_changes_nothing_but_what_it_was_to_erase(tmp_path: Path, kills: int):
    chunks = [range(begin, begin + 50) for begin in range(0, 1000, 50)]
    write_chunks(tmp_path, *chunks, padding=300)
    first, erased = 0, set()
    for _ in range(kills):
        gone = run_and_kill("upkeep", tmp_path, first % 900)
        erased |= {*gone, gone[-1] + 1}  # the last may be erased and not yet said
        first = gone[-1] + 1
        with LogReader(tmp_path) as reader:
            found, corrupt, _ = read_on(reader, Cursor())
        assert not corrupt
        assert len(found) == 1000
        assert all(found[number] == b"" for number in gone)
        assert all(found[number] == line(number, padding=300)[:-1] for number in range(1000) if number not in erased)
        assert CursorFile(tmp_path, "warehouse").read().ordinal in {gone[-1], gone[-1] + 1}
    compress_closed(tmp_path)
    erase(tmp_path, lambda record: record.received_at - START < 100)
    assert [chunk.path.suffix for chunk in list_chunks(tmp_path)] == [".gz"] * 19 + [".ndjson"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".tmp") == []
