"""Erasing: exactly the records asked for, everywhere, without moving any other."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew import config
from clew.errors import LogError
from clew.eventlog import Cursor, LogReader, LogWriter, compress_closed, erase, verify
from clew.messages import Record
from eventlog.lines import START, line, lines, numbers, read_on, write_chunks


@settings(deadline=None, max_examples=40)
@given(doomed=st.sets(st.integers(0, 19)), compress=st.booleans())
def test_the_others_keep_their_places(doomed: set[int], compress: bool):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_chunks(folder, range(8), range(8, 15), range(15, 20))
        if compress:
            compress_closed(folder)
        assert erase(folder, lambda record: record.received_at - START in doomed) == len(doomed)
        with LogReader(folder) as reader:
            found, corrupt, _ = read_on(reader, Cursor())
        assert found == [b"" if number in doomed else line(number)[:-1] for number in range(20)]
        assert not corrupt
        found_again = verify(folder)
        assert (found_again.records, found_again.deleted, found_again.corrupt) == (20 - len(doomed), len(doomed), [])
        assert erase(folder, lambda record: record.received_at - START in doomed) == 0


def test_nothing_of_an_erased_record_is_left_on_disk(tmp_path: Path):
    write_chunks(tmp_path, range(8), range(8, 9))
    erase(tmp_path, lambda record: record.message_id == "m5")
    assert [path.name for path in tmp_path.iterdir() if b"m5" in path.read_bytes()] == []


def test_nothing_is_left_where_a_crash_left_both_forms_of_a_chunk(tmp_path: Path):
    write_chunks(tmp_path, range(8), range(8, 9))
    plain = tmp_path / "0000000001.ndjson"
    content = plain.read_bytes()
    compress_closed(tmp_path)
    plain.write_bytes(content)
    assert erase(tmp_path, lambda record: record.message_id == "m5") == 1
    assert numbers(tmp_path) == [0, 1, 2, 3, 4, 6, 7, 8]
    compressed = tmp_path / "0000000001.ndjson.gz"
    assert not plain.exists()
    assert b"m5" not in gzip.decompress(compressed.read_bytes())


def test_the_chunk_being_written_is_left_alone_until_it_is_closed(tmp_path: Path):
    def everything(_: Record) -> bool:
        return True

    with LogWriter(tmp_path, config.Log()) as writer:
        writer.append(line(0), 1)
        writer.roll()
        writer.append(line(1), 1)
        assert erase(tmp_path, everything) == 1
        assert numbers(tmp_path) == [1]
        writer.append(line(2), 1)
    assert erase(tmp_path, everything) == 2
    assert numbers(tmp_path) == []
    with LogWriter(tmp_path, config.Log()) as writer:
        assert writer.append(line(3), 1) == Cursor(3, 1)


def test_the_newest_chunk_is_included_when_its_writer_has_closed_it(tmp_path: Path):
    def everything(_: Record) -> bool:
        return True

    with LogWriter(tmp_path, config.Log()) as writer:
        assert writer.roll() == 0
        writer.append(line(0), 1)
        closed = writer.roll()
        assert closed == 1
        assert erase(tmp_path, everything, closed) == 1
        writer.append(line(1), 1)
        assert erase(tmp_path, everything, closed) == 0
        assert numbers(tmp_path) == [1]
        assert writer.append(line(2), 1) == Cursor(2, 2)


def test_no_writer_may_begin_meanwhile(tmp_path: Path):
    write_chunks(tmp_path, range(1))

    def try_to_write(_: Record) -> bool:
        with pytest.raises(LogError, match="is writing this log"):
            LogWriter(tmp_path, config.Log())
        return True

    assert erase(tmp_path, try_to_write) == 1
    LogWriter(tmp_path, config.Log()).close()


def test_corrupt_lines_stay_as_they_are(tmp_path: Path):
    write_chunks(tmp_path, range(3), range(3, 4))
    path = tmp_path / "0000000001.ndjson"
    damaged = path.read_bytes().replace(b'"n":1', b'"n":8')
    path.write_bytes(damaged)
    assert erase(tmp_path, lambda record: record.message_id in {"m0", "m1"}) == 1
    assert path.read_bytes() == damaged.replace(line(0), b"\n")


def test_a_damaged_compressed_chunk_is_named_after_all_others_are_done(tmp_path: Path):
    write_chunks(tmp_path, range(500), range(500, 502), range(502, 503))
    compress_closed(tmp_path)
    path = tmp_path / "0000000001.ndjson.gz"
    damaged = path.read_bytes()[:-20]
    path.write_bytes(damaged)
    with pytest.raises(LogError, match=r"erased 3 records, but cannot rewrite 0000000001\.ndjson\.gz"):
        erase(tmp_path, lambda _: True)
    assert path.read_bytes() == damaged
    assert (tmp_path / "0000000003.ndjson").read_bytes() == b"\n"


def test_a_chunk_without_such_records_is_not_rewritten(tmp_path: Path):
    write_chunks(tmp_path, range(2), range(2, 4))
    before = (tmp_path / "0000000001.ndjson").stat()
    assert erase(tmp_path, lambda record: record.message_id == "m2") == 1
    assert (tmp_path / "0000000001.ndjson").stat().st_ino == before.st_ino
    assert (tmp_path / "0000000001.ndjson").read_bytes() == lines(0, 1)
