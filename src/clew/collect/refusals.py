"""Refused messages: each is kept with its reason, can be seen and counted, and sent through the rules again."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from clew.collect.reasons import REASONS
from clew.config import Paths
from clew.errors import ConfigError
from clew.eventlog import Cursor, LogReader
from clew.messages import Record, decode_record


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which refusals: an empty set means all."""

    reasons: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    replayed: bool = False
    """Also those that were accepted by a replay since."""
    records: tuple[Record, ...] = ()
    """Not refusals, but these: what the loader refused, which is kept in the warehouse."""

    def __post_init__(self) -> None:
        unknown = sorted(self.reasons - REASONS.keys())
        if unknown:
            raise ConfigError(f"expected reasons among {', '.join(REASONS)}; found {unknown[0]!r}")

    def holds(self, record: Record) -> bool:
        return (not self.reasons or record.reason in self.reasons) and (not self.sources or record.source in self.sources)


class Refusal(NamedTuple):
    """One refused message, and its place in the log of refused messages; None for one that is kept in the warehouse."""

    place: Cursor | None
    checksum: str
    record: Record

    @property
    def message(self) -> bytes:
        """The message as received. Where it was not JSON, it was kept as a text; bytes that were no UTF-8 are lost."""
        raw = bytes(self.record.message)
        return msgspec.json.decode(raw, type=str).encode() if raw[:1] == b'"' else raw


class Count(NamedTuple):
    """Refused messages of one source for one reason."""

    source: str
    reason: str
    messages: int


def read(root: Path, choice: Choice) -> Iterator[Refusal]:
    """The refusals of `choice`, oldest first. Raises LogError."""
    if choice.records:
        yield from (Refusal(None, "", record) for record in choice.records)
        return
    folder = Paths(root).refused
    if not folder.exists():
        return
    done = set() if choice.replayed else Replayed(folder).read()
    with LogReader(folder) as reader:
        part = reader.read(Cursor())
        while part.lines:
            for ordinal, line in enumerate(part.lines, part.start.ordinal):
                place = Cursor(part.start.chunk, ordinal)
                if line and place not in done and choice.holds(record := decode_record(line)):
                    yield Refusal(place, line[9:25].decode(), record)
            part = reader.read(part.next)


def count(root: Path, choice: Choice) -> list[Count]:
    """How many, by source and reason."""
    found = Counter((refusal.record.source, refusal.record.reason or "") for refusal in read(root, choice))
    return [Count(source, reason, messages) for (source, reason), messages in sorted(found.items())]


class Replayed:
    """Which refusals a replay has brought into the log: a file of places, so that a second replay leaves them alone."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "replayed.ndjson"

    def read(self) -> set[Cursor]:
        """A line that a crash cut off does not count: its message is replayed again, under the same id."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return set()
        whole = content[: content.rfind(b"\n") + 1]
        return {Cursor(*place) for place in msgspec.json.Decoder(tuple[int, int]).decode_lines(whole)}

    def add(self, places: Iterable[Cursor]) -> None:
        """Durably."""
        with self._path.open("ab+") as file:
            self._cut_torn_line(file.fileno())
            file.write(msgspec.json.Encoder().encode_lines([tuple(place) for place in places]))
            file.flush()
            os.fsync(file.fileno())

    def _cut_torn_line(self, handle: int) -> None:
        size = os.fstat(handle).st_size
        whole = os.pread(handle, size, 0).rfind(b"\n") + 1
        if whole < size:
            os.ftruncate(handle, whole)
