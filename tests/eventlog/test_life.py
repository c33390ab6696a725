"""The whole life of a log against a model: appends, failures, restarts, torn tails, compression, erasing, and readers all along."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clew import config
from clew.errors import LogFull
from clew.eventlog import Cursor, LogReader, LogWriter, compress_closed, erase, verify
from clew.messages import Record, decode_record
from eventlog.lines import START, line, lines

SMALL = config.Log(roll_bytes=4096)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def number_of(record: Record) -> int:
    return record.received_at - START


class Life(RuleBasedStateMachine):
    """`expected`: record numbers acknowledged and not erased. `seen`: what one reader, that went along, was given."""

    @initialize()
    def begin(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.writer = LogWriter(self.folder, SMALL)
        self.reader = LogReader(self.folder)
        self.cursor = Cursor()
        self.count = 0
        self.expected: list[int] = []
        self.seen: list[int] = []
        self.erased: set[int] = set()

    def take(self, many: int) -> range:
        numbers = range(self.count, self.count + many)
        self.count += many
        return numbers

    @rule(many=st.integers(1, 12), padding=st.sampled_from([0, 700]))
    def append(self, many: int, padding: int) -> None:
        numbers = self.take(many)
        self.writer.append(lines(*numbers, padding=padding), many)
        self.expected += numbers

    @rule(many=st.integers(1, 5))
    def append_on_a_full_disk(self, many: int) -> None:
        with mock.patch("os.fdatasync", full), pytest.raises(LogFull):
            self.writer.append(lines(*self.take(many)), many)

    @rule()
    def roll(self) -> None:
        self.writer.roll()

    @rule(torn=st.booleans())
    def restart(self, torn: bool) -> None:
        """As after kill -9: nothing is closed in order, and half a line may stand at the end."""
        chunks = sorted(self.folder.glob("*.ndjson"))
        if torn and chunks:
            with chunks[-1].open("ab") as file:
                file.write(line(self.take(1)[0])[:-7])
        self.writer.close()
        self.writer = LogWriter(self.folder, SMALL)

    @rule()
    def compress(self) -> None:
        compress_closed(self.folder)

    @rule(remainder=st.integers(0, 4))
    def erase_some(self, remainder: int) -> None:
        erased: list[int] = []

        def is_doomed(record: Record) -> bool:
            if number_of(record) % 5 == remainder:
                erased.append(number_of(record))
            return number_of(record) % 5 == remainder

        assert erase(self.folder, is_doomed) == len(erased)
        self.erased |= set(erased)

    @rule(max_bytes=st.sampled_from([1, 1000, 1 << 20]))
    def read_on(self, max_bytes: int) -> None:
        part = self.reader.read(self.cursor, max_bytes)
        assert not part.corrupt
        self.seen += [number_of(decode_record(found)) for found in part.lines if found]
        assert not self.erased.intersection(number_of(decode_record(found)) for found in part.lines if found)
        self.cursor = part.next

    @rule()
    def another_reader_goes_on(self) -> None:
        self.reader.close()
        self.reader = LogReader(self.folder)

    @invariant()
    def the_log_holds_what_it_should(self) -> None:
        with LogReader(self.folder) as reader:
            found, cursor = [], Cursor()
            while (part := reader.read(cursor)).lines:
                found += [number_of(decode_record(given)) for given in part.lines if given]
                cursor = part.next
            assert cursor == reader.end() or not found
        assert found == [number for number in self.expected if number not in self.erased]
        verified = verify(self.folder)
        assert (verified.records, verified.deleted, verified.corrupt) == (len(found), len(self.erased), [])

    def teardown(self) -> None:
        if not hasattr(self, "writer"):
            return
        rest, cursor = [], self.cursor
        while (part := self.reader.read(cursor)).lines:
            rest += [number_of(decode_record(given)) for given in part.lines if given]
            cursor = part.next
        seen = self.seen + rest
        assert seen == sorted(set(seen))
        assert set(self.expected) - self.erased <= set(seen) <= set(self.expected)
        self.reader.close()
        self.writer.close()
        self.place.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
