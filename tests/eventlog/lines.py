"""Records for the tests of the log: made, and read back."""

from __future__ import annotations

from pathlib import Path

from clew import config
from clew.eventlog import Corrupt, Cursor, LogReader, LogWriter, seal
from clew.messages import Record, Stamp, decode_record

START = 1_700_000_000_000_000
SMALL = config.Log(roll_bytes=4096)


def stamp(number: int, message_id: str | None = None) -> Stamp:
    at = START + number
    return Stamp(source="web", received_at=at, type="track", message_id=message_id or f"m{number}", timestamp=at)


def line(number: int, padding: int = 0) -> bytes:
    return seal(stamp(number), b'{"n":%d,"pad":"%s"}' % (number, b"x" * padding))


def lines(*numbers: int, padding: int = 0) -> bytes:
    return b"".join(line(number, padding) for number in numbers)


def write_chunks(folder: Path, *chunks: range, padding: int = 0) -> None:
    """One chunk a range of record numbers; the writer is closed at the end."""
    with LogWriter(folder, config.Log()) as writer:
        for numbers in chunks:
            writer.append(lines(*numbers, padding=padding), len(numbers))
            writer.roll()


def read_on(reader: LogReader, cursor: Cursor, max_bytes: int = 1 << 20) -> tuple[list[bytes], list[Corrupt], Cursor]:
    """All lines from `cursor` to the end, deleted ones as empty; what was corrupt; the cursor at the end."""
    found: list[bytes] = []
    corrupt: list[Corrupt] = []
    while True:
        part = reader.read(cursor, max_bytes)
        found += part.lines
        corrupt += part.corrupt
        cursor = part.next
        if not part.lines:
            return found, corrupt, cursor


def records(folder: Path) -> list[Record]:
    """Every record of the log; fails on a corrupt one."""
    with LogReader(folder) as reader:
        found, corrupt, _ = read_on(reader, Cursor())
    assert not corrupt
    return [decode_record(line) for line in found if line]


def numbers(folder: Path) -> list[int]:
    return [record.received_at - START for record in records(folder)]
