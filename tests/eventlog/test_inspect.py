"""Looking at a log: verify finds every flipped byte; stats and the last records are counted right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from clew import config
from clew.eventlog import Cursor, CursorFile, LogReader, LogWriter, before_last, compress_closed, erase, seal, stats, verify
from clew.eventlog.inspect import ChunkStats, Kind, KindCount
from clew.messages import Stamp
from eventlog.lines import START, line, write_chunks

RANDOM = random.Random(20)


def everything(folder: Path) -> list[bytes]:
    with LogReader(folder) as reader:
        found: list[bytes] = []
        cursor = Cursor()
        while (part := reader.read(cursor)).lines:
            found += part.lines
            cursor = part.next
        return found


def test_an_intact_log(tmp_path: Path):
    write_chunks(tmp_path, range(3), range(3, 5))
    compress_closed(tmp_path)
    erase(tmp_path, lambda record: record.message_id == "m1")
    found = verify(tmp_path)
    assert (found.chunks, found.records, found.deleted, found.corrupt, found.torn_bytes) == (2, 4, 1, [], 0)
    assert verify(tmp_path / "none").chunks == 0


def test_every_flipped_byte_is_found(tmp_path: Path):
    """The one exception looks like a crash: without its last newline, a chunk's last record is a torn tail, and counted as that."""
    write_chunks(tmp_path, range(3), range(3, 4))
    path = tmp_path / "0000000001.ndjson"
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= RANDOM.randrange(1, 256)
        path.write_bytes(damaged)
        found = verify(tmp_path)
        assert found.torn_bytes if place == len(whole) - 1 else found.corrupt


def test_every_flipped_byte_of_a_compressed_chunk_is_found_or_harmless(tmp_path: Path):
    """Some bytes of gzip's header mean nothing to a reader: then the records must be what they were."""
    write_chunks(tmp_path, range(20), range(20, 21))
    compress_closed(tmp_path)
    before = everything(tmp_path)
    path = tmp_path / "0000000001.ndjson.gz"
    whole = path.read_bytes()
    harmless = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= RANDOM.randrange(1, 256)
        path.write_bytes(damaged)
        if not verify(tmp_path).corrupt:
            harmless += 1
            assert everything(tmp_path) == before
    assert harmless < 10


def test_a_sealed_line_that_is_no_record_is_found(tmp_path: Path):
    with LogWriter(tmp_path, config.Log()) as writer:
        writer.append(line(0) + seal(Stamp(source="web", received_at=1, type="track", message_id="m", timestamp=1), b"not json"), 2)
    found = verify(tmp_path)
    assert [fault.cursor for fault in found.corrupt] == [Cursor(1, 1)]
    assert "checksum is right, but it is no record" in found.corrupt[0].reason


def test_what_stats_counts(tmp_path: Path):
    refused = seal(Stamp(source="app", received_at=START + 50, type="page", message_id="r", timestamp=START, reason="too_big", detail="40 KB"), b"{}")
    write_chunks(tmp_path, range(3))
    with LogWriter(tmp_path, config.Log()) as writer:
        writer.append(refused + line(60), 2)
    erase(tmp_path, lambda record: record.message_id == "m1")
    path = tmp_path / "0000000001.ndjson"
    path.write_bytes(path.read_bytes().replace(line(2), b"?\n"))
    CursorFile(tmp_path, "warehouse").write(Cursor(1, 2))
    found = stats(tmp_path)
    assert found.chunks == [
        ChunkStats(1, "0000000001.ndjson", len(line(0)) + 3, 2, 1, 1, START, START),
        ChunkStats(2, "0000000002.ndjson", len(refused + line(60)), 2, 0, 0, START + 50, START + 60),
    ]
    assert sorted(found.kinds) == [KindCount(Kind("app", "page", "too_big"), 1), KindCount(Kind("web", "track", None), 2)]
    assert found.cursors == {"warehouse": Cursor(1, 2)}
    assert found.end == Cursor(2, 2)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, Cursor(3, 2)), (1, Cursor(3, 1)), (2, Cursor(2, 2)), (4, Cursor(2, 0)), (5, Cursor(1, 2)), (9, Cursor())]
)
def test_where_the_last_records_begin(tmp_path: Path, count: int, expected: Cursor):
    write_chunks(tmp_path, range(3), range(3, 6), range(6, 8))
    erase(tmp_path, lambda record: record.message_id == "m6")
    compress_closed(tmp_path)
    assert before_last(tmp_path, count) == expected


def test_where_the_last_records_of_an_empty_log_begin(tmp_path: Path):
    assert before_last(tmp_path / "log", 10) == before_last(tmp_path / "log", 0) == Cursor()
