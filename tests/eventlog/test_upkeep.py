"""Compression and retention: records stay what they are, at any moment of a crash; nothing unread is deleted."""

from __future__ import annotations

import errno
import gzip
import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from clew import clock, config
from clew.errors import LogError
from clew.eventlog import Cursor, CursorFile, LogWriter, apply_retention, compress_closed
from clew.eventlog import upkeep as upkeep_module
from eventlog.lines import line, lines, numbers, write_chunks

DAYS_30 = config.Log(retention_days=30)
NOW = 1_700_000_000 * clock.SECOND


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix in {".ndjson", ".gz", ".tmp"})


def test_all_but_the_newest_chunk_are_compressed(tmp_path: Path):
    write_chunks(tmp_path, range(200), range(200, 400), range(400, 401))
    size = (tmp_path / "0000000001.ndjson").stat().st_size
    assert compress_closed(tmp_path) == 2
    assert names(tmp_path) == ["0000000001.ndjson.gz", "0000000002.ndjson.gz", "0000000003.ndjson"]
    assert (tmp_path / "0000000001.ndjson.gz").stat().st_size < size / 5
    assert numbers(tmp_path) == list(range(401))
    assert compress_closed(tmp_path) == 0


def test_the_chunk_being_written_is_left_alone(tmp_path: Path):
    with LogWriter(tmp_path, config.Log()) as writer:
        writer.append(line(0), 1)
        assert compress_closed(tmp_path) == 0
        writer.append(line(1), 1)
    assert numbers(tmp_path) == [0, 1]


def test_an_empty_or_missing_folder_needs_no_upkeep(tmp_path: Path):
    assert compress_closed(tmp_path / "log") == 0
    assert apply_retention(tmp_path / "log", DAYS_30) == 0


def test_common_tools_read_both_forms(tmp_path: Path):
    write_chunks(tmp_path, range(3), range(3, 5))
    compress_closed(tmp_path)
    with gzip.open(tmp_path / "0000000001.ndjson.gz", "rt") as file:
        assert [json.loads(text)["message"]["n"] for text in file] == [0, 1, 2]
    assert subprocess.run(["gzip", "-dc", tmp_path / "0000000001.ndjson.gz"], capture_output=True, check=True).stdout == lines(0, 1, 2)
    rows = duckdb.sql(f"SELECT message.n FROM read_ndjson('{tmp_path}/*.ndjson*') ORDER BY 1").fetchall()
    assert rows == [(0,), (1,), (2,), (3,), (4,)]


def test_a_torn_tail_is_not_compressed(tmp_path: Path):
    write_chunks(tmp_path, range(2), range(2, 3))
    with (tmp_path / "0000000001.ndjson").open("ab") as file:
        file.write(b'{"xxh3":"half')
    compress_closed(tmp_path)
    assert gzip.decompress((tmp_path / "0000000001.ndjson.gz").read_bytes()) == lines(0, 1)


@pytest.mark.parametrize("step", ["write", "rename", "unlink"])
def test_a_crash_while_compressing_is_cleared_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str):
    write_chunks(tmp_path, range(200), range(200, 201))

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def crash_halfway(path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if step == "unlink":
            patch.setattr(Path, "unlink", crash)
        elif step == "rename":
            patch.setattr(upkeep_module, "publish", crash)
        else:
            patch.setattr(upkeep_module, "_write", crash_halfway)
        with pytest.raises(KeyboardInterrupt):
            compress_closed(tmp_path)
    assert numbers(tmp_path) == list(range(201))
    assert len(names(tmp_path)) == 3
    compress_closed(tmp_path)
    assert names(tmp_path) == ["0000000001.ndjson.gz", "0000000002.ndjson"]
    assert numbers(tmp_path) == list(range(201))


def test_a_full_disk_while_compressing_is_an_error_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_chunks(tmp_path, range(20), range(20, 21))

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(LogError, match=r"cannot compress .*No space left"):
            compress_closed(tmp_path)
    assert numbers(tmp_path) == list(range(21))
    assert compress_closed(tmp_path) == 1


def aged(folder: Path, *days: float) -> None:
    """Chunk 1, 2, ... was last written so many days before NOW."""
    for number, age in enumerate(days, 1):
        for path in folder.glob(f"{number:010d}.*"):
            at = NOW / clock.SECOND - age * 86_400
            os.utime(path, (at, at))


def test_old_chunks_that_every_cursor_has_left_are_deleted(tmp_path: Path):
    write_chunks(tmp_path, *(range(number, number + 1) for number in range(5)))
    aged(tmp_path, 40, 35, 31, 29, 60)
    CursorFile(tmp_path, "warehouse").write(Cursor(5, 1))
    CursorFile(tmp_path, "live").write(Cursor(3, 1))
    assert apply_retention(tmp_path, DAYS_30, now=NOW) == 2
    assert numbers(tmp_path) == [2, 3, 4]
    CursorFile(tmp_path, "live").write(Cursor(4, 0))
    assert apply_retention(tmp_path, DAYS_30, now=NOW) == 1
    assert numbers(tmp_path) == [3, 4]


def test_the_newest_chunk_stays_whatever_its_age(tmp_path: Path):
    write_chunks(tmp_path, range(1))
    aged(tmp_path, 400)
    CursorFile(tmp_path, "warehouse").write(Cursor(1, 1))
    assert apply_retention(tmp_path, DAYS_30, now=NOW) == 0


def test_a_log_that_nobody_has_read_is_kept_unless_that_is_asked_for(tmp_path: Path):
    write_chunks(tmp_path, range(1), range(1, 2))
    aged(tmp_path, 400, 400)
    assert apply_retention(tmp_path, DAYS_30, now=NOW) == 0
    assert apply_retention(tmp_path, DAYS_30, now=NOW, even_unread=True) == 1
    assert numbers(tmp_path) == [1]


def test_without_retention_days_nothing_is_deleted(tmp_path: Path):
    write_chunks(tmp_path, range(1), range(1, 2))
    aged(tmp_path, 4000, 4000)
    assert apply_retention(tmp_path, config.Log(), now=NOW, even_unread=True) == 0


def test_compression_does_not_make_a_chunk_younger(tmp_path: Path):
    write_chunks(tmp_path, range(1), range(1, 2))
    aged(tmp_path, 40, 40)
    compress_closed(tmp_path)
    assert apply_retention(tmp_path, DAYS_30, now=NOW, even_unread=True) == 1
