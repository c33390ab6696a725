"""A real full disk: what was acknowledged stays, the rest is refused, and writing resumes by itself when there is room."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew import config
from clew.errors import LogError, LogFull
from clew.eventlog import LogWriter, compress_closed, verify
from eventlog.lines import line, numbers

LIMITED = """
import resource, sys
from pathlib import Path
from clew import config
from clew.errors import LogError
from clew.eventlog import LogWriter
from eventlog.lines import line
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # Python ignores SIGXFSZ: the write fails instead
with LogWriter(Path(sys.argv[1]), config.Log()) as writer:
    for number in range(100):
        try:
            writer.append(line(number, padding=1000), 1)
            print("stored", number)
        except LogError as error:
            print("refused", number)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 KB. Skips where this process may not mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this process may not mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def fill(writer: LogWriter, first: int) -> list[int]:
    """Appends until the disk is full; returns the numbers that were stored."""
    stored: list[int] = []
    while True:
        number = first + len(stored)
        try:
            writer.append(line(number, padding=3000), 1)
        except LogFull:
            return stored
        stored.append(number)


def test_a_full_disk(small_disk: Path):
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 100_000)
    folder = small_disk / "log"
    with LogWriter(folder, config.Log()) as writer:
        stored = fill(writer, 0)
        names = sorted(path.name for path in folder.iterdir())
        for _ in range(50):
            with pytest.raises(LogFull, match=r"no room .*writing resumes by itself"):
                writer.append(line(1000, padding=8000), 1)
        assert sorted(path.name for path in folder.iterdir()) == names
        filler.unlink()
        stored += fill(writer, 2000)
    assert numbers(folder) == stored
    assert len(stored) > 60
    with LogWriter(folder, config.Log()) as writer:  # also begins where there is no room
        assert fill(writer, 4000) == []
    assert verify(folder).corrupt == []


def test_compression_on_a_full_disk_takes_no_room_and_succeeds_when_there_is_some(small_disk: Path):
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 50_000)
    folder = small_disk / "log"
    with LogWriter(folder, config.Log(roll_bytes=100_000)) as writer:
        stored = fill(writer, 0)
    names = {path.name for path in folder.iterdir()}
    with pytest.raises(LogError, match=r"cannot compress .*No space left"):
        compress_closed(folder)
    assert {path.name for path in folder.iterdir()} - names == {"upkeep.lock"}
    filler.unlink()
    assert compress_closed(folder) > 0
    assert numbers(folder) == stored


def test_a_limit_on_the_size_of_a_file_costs_one_append_a_chunk(tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True, env=environment)
    said = [text.split() for text in done.stdout.splitlines()]
    assert numbers(tmp_path) == [int(number) for word, number in said if word == "stored"]
    assert 3 <= sum(word == "refused" for word, _ in said) <= 8
    assert len(said) == 100
