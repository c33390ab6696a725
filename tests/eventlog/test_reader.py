"""The reader: every whole line once, in order, wherever it starts and whatever happens to the files meanwhile."""

from __future__ import annotations

import io
import itertools
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew import config
from clew.errors import LogError
from clew.eventlog import Cursor, LogReader, LogWriter, compress_closed, erase
from clew.eventlog.disk import chunk
from clew.eventlog.disk.chunk import list_chunks
from clew.messages import decode_record
from eventlog.lines import START, line, lines, numbers, read_on, write_chunks


def found_numbers(found: list[bytes]) -> list[int]:
    return [decode_record(found_line).received_at - START for found_line in found if found_line]


@settings(deadline=None, max_examples=60)
@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=4), max_bytes=st.integers(1, 2000), compress=st.booleans(), data=st.data())
def test_from_any_cursor_the_rest_is_read(sizes: list[int], max_bytes: int, compress: bool, data: st.DataObject):
    ends = [sum(sizes[:place]) for place in range(len(sizes) + 1)]
    chunks = [range(begin, end) for begin, end in itertools.pairwise(ends)]
    places = [Cursor(place + 1, ordinal) for place, numbers in enumerate(chunks) for ordinal in range(len(numbers) + 1)]
    start = data.draw(st.sampled_from([Cursor(), *places]))
    before = sum(sizes[: max(start.chunk - 1, 0)]) + start.ordinal
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_chunks(folder, *chunks, padding=data.draw(st.sampled_from([0, 300])))
        if compress:
            compress_closed(folder)
        with LogReader(folder) as reader:
            found, corrupt, end = read_on(reader, start, max_bytes)
            assert end == reader.end() == Cursor(len(sizes), sizes[-1])
    assert not corrupt
    assert found_numbers(found) == list(range(before, ends[-1]))


def test_each_slice_says_where_its_lines_stand(tmp_path: Path):
    write_chunks(tmp_path, range(5), range(5, 8))
    with LogReader(tmp_path) as reader:
        first = reader.read(Cursor(1, 2))
        assert (first.start, first.next, first.lines) == (Cursor(1, 2), Cursor(1, 5), [line(number)[:-1] for number in (2, 3, 4)])
        second = reader.read(first.next)
        assert (second.start, second.next, len(second.lines)) == (Cursor(2, 0), Cursor(2, 3), 3)
        last = reader.read(second.next)
        assert (last.start, last.next, last.lines, last.corrupt) == (Cursor(2, 3), Cursor(2, 3), [], [])


def test_about_max_bytes_are_read_and_at_least_a_line(tmp_path: Path):
    write_chunks(tmp_path, range(2000), padding=900)
    with LogReader(tmp_path) as reader:
        assert 800 <= len(reader.read(Cursor(), 1_000_000).lines) <= 1000
        assert len(reader.read(Cursor(), 1).lines) == 1
        assert len(reader.read(Cursor(1, 700), 10**9).lines) == 1300


def test_no_more_lines_are_read_than_are_asked_for_and_the_next_without_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_chunks(tmp_path, range(2000), padding=900)
    with LogReader(tmp_path) as reader:
        place = reader.read(Cursor(), 10**9, 1).next
        monkeypatch.setattr("clew.eventlog.reader.open_chunk", lambda *_: pytest.fail("the chunk was opened anew"))
        for most in (1, 5, 900, 300):
            part = reader.read(place, 10**9, most)
            assert found_numbers(part.lines) == list(range(place.ordinal, place.ordinal + most))
            place = part.next
        assert found_numbers(reader.read(place, 10**9, 1000).lines) == list(range(1207, 2000))


def test_an_empty_log(tmp_path: Path):
    with LogReader(tmp_path / "log") as reader:
        assert reader.end() == Cursor()
        part = reader.read(Cursor())
        assert (part.lines, part.start, part.next) == ([], Cursor(), Cursor())


def test_reads_what_is_appended_later(tmp_path: Path):
    with LogReader(tmp_path) as reader, LogWriter(tmp_path, config.Log(roll_bytes=4096)) as writer:
        cursor, seen = Cursor(), []
        for number in range(60):
            writer.append(line(number, padding=200), 1)
            part = reader.read(cursor)
            seen += found_numbers(part.lines)
            cursor = part.next
            assert cursor == reader.end()
        assert seen == list(range(60))
        assert cursor.chunk > 3


def test_what_is_appended_and_rolled_between_two_looks_is_not_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with LogReader(tmp_path) as reader, LogWriter(tmp_path, config.Log()) as writer:
        writer.append(line(0), 1)
        cursor = reader.read(Cursor()).next
        look = reader._later

        def write_and_look(at: Cursor) -> int | None:
            monkeypatch.undo()
            writer.append(line(1), 1)
            writer.roll()
            writer.append(line(2), 1)
            return look(at)

        monkeypatch.setattr(reader, "_later", write_and_look)
        assert found_numbers(read_on(reader, cursor)[0]) == [1, 2]


def test_half_a_line_is_not_read_until_it_is_whole(tmp_path: Path):
    path = tmp_path / "0000000001.ndjson"
    whole = lines(0, 1)
    with LogReader(tmp_path) as reader:
        for cut in range(len(whole) + 1):
            path.write_bytes(b"")
            with path.open("rb+") as file:  # the same file, longer by a byte
                file.write(whole[:cut])
            expected = whole[:cut].count(b"\n")
            assert len(read_on(reader, Cursor())[0]) == reader.end().ordinal == expected


def test_a_torn_tail_before_a_later_chunk_is_passed_over(tmp_path: Path):
    write_chunks(tmp_path, range(2))
    path = tmp_path / "0000000001.ndjson"
    path.write_bytes(path.read_bytes()[:-5])
    (tmp_path / "0000000002.ndjson").write_bytes(line(2))
    assert numbers(tmp_path) == [0, 2]


def test_a_cursor_after_lines_that_a_crash_took_moves_on(tmp_path: Path):
    """It had read lines that were never acknowledged: nothing follows them in that chunk."""
    write_chunks(tmp_path, range(2))
    with LogReader(tmp_path) as reader:
        assert reader.read(Cursor(1, 7)).next == Cursor(1, 7)
        write_chunks(tmp_path, range(2, 4))
        part = reader.read(Cursor(1, 7))
        assert (part.start, found_numbers(part.lines)) == (Cursor(2, 0), [2, 3])


def test_a_chunk_that_retention_took_is_passed_over(tmp_path: Path):
    write_chunks(tmp_path, range(2), range(2, 4), range(4, 6))
    (tmp_path / "0000000002.ndjson").unlink()
    with LogReader(tmp_path) as reader:
        assert found_numbers(read_on(reader, Cursor(1, 1))[0]) == [1, 4, 5]
        assert found_numbers(read_on(reader, Cursor(2, 1))[0]) == [4, 5]


@pytest.mark.parametrize("chunks", [0, 2])
def test_a_cursor_beyond_the_log_is_an_error_that_says_what_to_do(tmp_path: Path, chunks: int):
    write_chunks(tmp_path, *(range(1) for _ in range(chunks)))
    with LogReader(tmp_path) as reader, pytest.raises(LogError, match=r"expected chunk 3 or a later one, found .*not the log it read"):
        reader.read(Cursor(3, 1))


def test_empty_chunks_are_passed_over(tmp_path: Path):
    write_chunks(tmp_path, range(1))
    (tmp_path / "0000000002.ndjson").write_bytes(b"")
    (tmp_path / "0000000003.ndjson").write_bytes(line(1))
    (tmp_path / "0000000004.ndjson").write_bytes(b"")
    with LogReader(tmp_path) as reader:
        found, _, cursor = read_on(reader, Cursor())
        assert found_numbers(found) == [0, 1]
        assert cursor == reader.end() == Cursor(4, 0)


def test_corrupt_lines_are_named_and_given_as_empty(tmp_path: Path):
    write_chunks(tmp_path, range(3), range(3, 5))
    path = tmp_path / "0000000001.ndjson"
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":8'))
    with LogReader(tmp_path) as reader:
        found, corrupt, _ = read_on(reader, Cursor())
    assert found_numbers(found) == [0, 2, 3, 4]
    assert found[1] == b""
    assert [fault.cursor for fault in corrupt] == [Cursor(1, 1)]
    assert "expected checksum" in corrupt[0].reason


def test_a_damaged_compressed_chunk_gives_what_precedes_the_damage_and_is_named_once(tmp_path: Path):
    write_chunks(tmp_path, range(3000), range(3000, 3002))
    compress_closed(tmp_path)
    path = tmp_path / "0000000001.ndjson.gz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with LogReader(tmp_path) as reader:
        found, corrupt, _ = read_on(reader, Cursor(), 4096)
    before = found_numbers(found)[:-2]
    assert before == list(range(len(before)))
    assert len(before) > 1000
    assert found_numbers(found)[-2:] == [3000, 3001]
    assert [(fault.cursor, fault.reason) for fault in corrupt] == [
        (Cursor(1, len(before)), "the rest of the compressed chunk cannot be read: the file ends too early")
    ]


def test_reading_on_in_a_compressed_chunk_does_not_begin_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_chunks(tmp_path, range(500), range(500, 501))
    compress_closed(tmp_path)
    opened = []

    class Counted(chunk.Inflated):
        def __init__(self, file: io.FileIO) -> None:
            opened.append(file)
            super().__init__(file)

    monkeypatch.setattr(chunk, "Inflated", Counted)
    with LogReader(tmp_path) as reader:
        assert found_numbers(read_on(reader, Cursor(), 1000)[0]) == list(range(501))
    assert len(opened) == 1


def test_a_chunk_compressed_between_two_reads_is_read_on(tmp_path: Path):
    write_chunks(tmp_path, range(500), range(500, 501))
    with LogReader(tmp_path) as reader:
        part = reader.read(Cursor(), 1000)
        compress_closed(tmp_path)
        assert found_numbers(part.lines + read_on(reader, part.next, 1000)[0]) == list(range(501))


def test_what_is_erased_ahead_of_a_reader_is_not_read_from_the_file_it_has_open(tmp_path: Path):
    write_chunks(tmp_path, range(500), range(500, 501))
    with LogReader(tmp_path) as reader:
        part = reader.read(Cursor(), 1000)
        erase(tmp_path, lambda record: record.message_id == "m400")
        rest = found_numbers(read_on(reader, part.next, 1000)[0])
    assert found_numbers(part.lines) + rest == [number for number in range(501) if number != 400]


def test_reading_beside_a_writer_and_compression(tmp_path: Path):
    """The files change names under the reader all the time; nothing is missed, doubled or out of order."""
    total, done = 3000, threading.Event()

    def write() -> None:
        with LogWriter(tmp_path, config.Log(roll_bytes=4096)) as writer:
            for number in range(0, total, 10):
                writer.append(lines(*range(number, number + 10)), 10)
        done.set()

    def compress() -> None:
        while not done.is_set():
            compress_closed(tmp_path)

    threads = [threading.Thread(target=write), threading.Thread(target=compress)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    cursor = Cursor()
    with LogReader(tmp_path) as reader:
        while len(seen) < total:
            with_fresh_eyes = LogReader(tmp_path) if cursor.ordinal % 3 == 0 else reader
            part = with_fresh_eyes.read(cursor, 3000)
            seen += found_numbers(part.lines)
            cursor = part.next
            assert not part.corrupt
            if with_fresh_eyes is not reader:
                with_fresh_eyes.close()
    for thread in threads:
        thread.join()
    assert seen == list(range(total))
    assert sum(listed.compressed for listed in list_chunks(tmp_path)) > 10


def test_what_cannot_be_read_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "0000000001.ndjson").mkdir()
    with LogReader(tmp_path) as reader, pytest.raises(LogError, match=r"cannot open .*0000000001\.ndjson: Is a directory"):
        reader.read(Cursor())
    (tmp_path / "log").write_text("a file where the folder should be")
    with LogReader(tmp_path / "log") as reader, pytest.raises(LogError, match="cannot list"):
        reader.read(Cursor())
