"""The writer: whole or not at all, whatever fails."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import clock, config
from clew.errors import LogError, LogFull
from clew.eventlog import Cursor, CursorFile, LogReader, LogWriter
from eventlog.lines import line, lines, numbers, write_chunks


def chunk_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_what_is_appended_is_read(tmp_path: Path):
    with LogWriter(tmp_path / "log", config.Log()) as writer:
        assert writer.append(lines(0, 1, 2), 3) == Cursor(1, 3)
        assert writer.append(line(3), 1) == Cursor(1, 4)
        assert numbers(tmp_path / "log") == [0, 1, 2, 3]


def test_a_writer_that_writes_nothing_leaves_nothing(tmp_path: Path):
    LogWriter(tmp_path, config.Log()).close()
    assert chunk_names(tmp_path) == []


def test_each_writer_begins_its_own_chunk(tmp_path: Path):
    for number in range(3):
        with LogWriter(tmp_path, config.Log()) as writer:
            writer.append(line(number), 1)
    assert chunk_names(tmp_path) == ["0000000001.ndjson", "0000000002.ndjson", "0000000003.ndjson"]
    assert numbers(tmp_path) == [0, 1, 2]


def test_a_second_writer_is_refused_and_told_who_writes(tmp_path: Path):
    with LogWriter(tmp_path, config.Log()):
        with pytest.raises(LogError, match=f"process {os.getpid()} is writing this log"):
            LogWriter(tmp_path, config.Log())
        code = "import sys, pathlib, clew.eventlog, clew.config; clew.eventlog.LogWriter(pathlib.Path(sys.argv[1]), clew.config.Log())"
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
        assert f"process {os.getpid()} is writing this log" in other.stderr
    LogWriter(tmp_path, config.Log()).close()


def test_rolls_by_size(tmp_path: Path):
    with LogWriter(tmp_path, config.Log(roll_bytes=4096)) as writer:
        cursors = [writer.append(line(number, padding=1000), 1) for number in range(10)]
    assert cursors[:5] == [Cursor(1, 1), Cursor(1, 2), Cursor(1, 3), Cursor(1, 4), Cursor(2, 1)]
    assert numbers(tmp_path) == list(range(10))


def test_rolls_by_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    now = 1_700_000_000 * clock.SECOND
    monkeypatch.setattr(clock, "now", lambda: now)
    with LogWriter(tmp_path, config.Log(roll_seconds=60)) as writer:
        assert writer.append(line(0), 1) == Cursor(1, 1)
        now += 60 * clock.SECOND - 1
        assert writer.append(line(1), 1) == Cursor(1, 2)
        now += 1
        assert writer.append(line(2), 1) == Cursor(2, 1)


def test_half_a_line_is_refused(tmp_path: Path):
    with LogWriter(tmp_path, config.Log()) as writer:
        with pytest.raises(ValueError, match="whole lines"):
            writer.append(line(0)[:-1], 1)
        with pytest.raises(ValueError, match="whole lines"):
            writer.append(b"", 0)
    assert chunk_names(tmp_path) == []


def test_a_closed_writer_writes_no_more(tmp_path: Path):
    writer = LogWriter(tmp_path, config.Log())
    writer.append(line(0), 1)
    writer.close()
    writer.close()
    with pytest.raises(LogError, match="closed"):
        writer.append(line(1), 1)
    assert numbers(tmp_path) == [0]


def test_numbers_of_deleted_chunks_are_not_used_again_where_a_reader_knows_them(tmp_path: Path):
    write_chunks(tmp_path, range(1), range(1, 2))
    CursorFile(tmp_path, "warehouse").write(Cursor(2, 1))
    for path in tmp_path.glob("*.ndjson"):
        path.unlink()
    with LogWriter(tmp_path, config.Log()) as writer:
        assert writer.append(line(9), 1) == Cursor(3, 1)


@pytest.mark.parametrize("tail", [b"", b"\0" * 5000, b"x" * 200_000], ids=["cut", "zeros", "long"])
def test_a_tail_torn_at_any_byte_is_cut(tmp_path: Path, tail: bytes):
    write_chunks(tmp_path, range(2))
    path = tmp_path / "0000000001.ndjson"
    whole = path.read_bytes()
    ends = [0, *(place + 1 for place, byte in enumerate(whole) if byte == 10)]
    for cut in [0, 1, *range(ends[1] - 1, ends[2] + 1)]:
        path.write_bytes(whole[:cut] + tail)
        with LogReader(tmp_path) as reader:
            seen = reader.end().ordinal
        LogWriter(tmp_path, config.Log()).close()
        assert path.stat().st_size == max(end for end in ends if end <= cut)
        with LogReader(tmp_path) as reader:
            assert reader.end().ordinal == seen == sum(end <= cut for end in ends[1:])


@pytest.mark.parametrize("left", [b"", line(0)[:-1], line(0) + b"\0\0\n", line(0).replace(b"m0", b"m9")])
def test_a_beginning_that_is_not_whole_is_removed(tmp_path: Path, left: bytes):
    (tmp_path / "0000000001.new").write_bytes(left)
    with LogWriter(tmp_path, config.Log()) as writer:
        assert chunk_names(tmp_path) == []
        writer.append(line(1), 1)
    assert numbers(tmp_path) == [1]


def test_a_beginning_that_is_whole_is_finished(tmp_path: Path):
    """It may have had its name, and a reader may have read it, before the power failed."""
    write_chunks(tmp_path, range(1))
    (tmp_path / "0000000002.new").write_bytes(lines(1, 2))
    with LogWriter(tmp_path, config.Log()) as writer:
        assert numbers(tmp_path) == [0, 1, 2]
        assert writer.append(line(3), 1) == Cursor(3, 1)


def failing(real: Callable[..., object], number: int, *, after: int = 0, first: Callable[..., object] | None = None) -> Callable[..., object]:
    """`real`, which fails once with the error `number`, `after` so many calls that succeed, and after `first` has run."""
    calls = 0

    def call(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls != after + 1:
            return real(*arguments)
        if first is not None:
            first(*arguments)
        raise OSError(number, os.strerror(number))

    return call


def half(handle: int, parts: list[memoryview], offset: int, write: Callable[..., int] = os.pwritev) -> int:
    """Writes half of the first part only, as a kernel may."""
    return write(handle, [parts[0][: max(1, len(parts[0]) // 2)]], offset)


def test_what_the_kernel_takes_bit_by_bit_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parts = [lines(*range(number, number + 3)) for number in range(0, 30, 3)]
    with LogWriter(tmp_path, config.Log()) as writer, monkeypatch.context() as patch:
        patch.setattr(os, "pwritev", half)
        assert writer.append_all(parts, 30) == Cursor(1, 30)
        assert writer.append_all([line(30)], 1) == Cursor(1, 31)
    assert numbers(tmp_path) == list(range(31))


def test_more_parts_than_the_kernel_takes_at_once(tmp_path: Path):
    with LogWriter(tmp_path, config.Log()) as writer:
        assert writer.append_all([line(number) for number in range(2500)], 2500) == Cursor(1, 2500)
    assert numbers(tmp_path) == list(range(2500))


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, LogFull), (errno.EDQUOT, LogFull), (errno.EIO, LogError)])
@pytest.mark.parametrize("call", ["pwritev", "fdatasync"])
@pytest.mark.parametrize("begun", [True, False], ids=["in a chunk", "beginning a chunk"])
def test_a_failed_append_is_not_in_the_log_and_the_next_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[LogError], call: str, begun: bool
):
    with LogWriter(tmp_path, config.Log()) as writer:
        if begun:
            writer.append(lines(0, 1), 2)
        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing(getattr(os, call), number, first=half if call == "pwritev" else None))
            with pytest.raises(kind, match="nothing of this was stored") as raised:
                writer.append(lines(2, 3, 4), 3)
        assert type(raised.value) is kind
        assert numbers(tmp_path) == ([0, 1] if begun else [])
        assert chunk_names(tmp_path) == (["0000000001.ndjson"] if begun else [])
        assert writer.append(line(5), 1) == Cursor(2 if begun else 1, 1)
    assert numbers(tmp_path) == ([0, 1, 5] if begun else [5])


def test_an_ordinal_is_not_used_twice_when_even_cutting_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What was never acknowledged then stays in the log: its sender repeats it, and the warehouse knows it by its id."""
    with LogWriter(tmp_path, config.Log()) as writer:
        writer.append(line(0), 1)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", failing(os.fdatasync, errno.EIO))
            patch.setattr(os, "ftruncate", failing(os.ftruncate, errno.EIO))
            with pytest.raises(LogError):
                writer.append(line(1), 1)
        assert writer.append(line(2), 1) == Cursor(2, 1)
    assert numbers(tmp_path) == [0, 1, 2]


def test_a_chunk_that_got_its_name_but_not_its_sync_keeps_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with LogWriter(tmp_path, config.Log()) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing(os.fsync, errno.EIO, after=1))
            with pytest.raises(LogError):
                writer.append(line(0), 1)
        assert writer.append(line(1), 1) == Cursor(2, 1)
    assert numbers(tmp_path) == [0, 1]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path):
    (tmp_path / "log").write_text("a file where the folder should be")
    with pytest.raises(LogError, match="cannot open the log"):
        LogWriter(tmp_path / "log", config.Log())


def test_a_writer_that_cannot_open_lets_go_of_the_lock(tmp_path: Path):
    write_chunks(tmp_path, range(1))
    (tmp_path / "cursors").mkdir()
    damaged = tmp_path / "cursors" / "warehouse.json"
    damaged.write_text("?")
    with pytest.raises(LogError, match="expected a cursor"):
        LogWriter(tmp_path, config.Log())
    damaged.unlink()
    LogWriter(tmp_path, config.Log()).close()
