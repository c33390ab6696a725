"""The power fails: only what was synced is left, and of the rest any part. What was acknowledged is there, and no reader misses what comes later."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from clew import config
from clew.eventlog import Cursor, LogReader, LogWriter, compress_closed, verify
from clew.messages import decode_record
from eventlog.lines import START, line, lines, numbers, read_on

LATER = 999_999
SMALL = config.Log(roll_bytes=4096)


class Disk:
    """What a folder's disk surely holds: a file's content when it was last synced, a folder's names when that was.

    A name given since may be there or not, and of the bytes written since any may be there.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.contents: dict[int, bytes] = {}
        self.names: dict[str, int] = {}
        self.held: list[int] = []
        """Open files, so that the number of a removed one is not given to another."""
        for name in ("fsync", "fdatasync"):
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))

    def _watched(self, real: Any) -> Any:
        def sync(handle: int) -> None:
            real(handle)
            status = os.fstat(handle)
            path = Path(f"/proc/self/fd/{handle}").readlink()
            if path == self.folder:
                self.names = self._names()
            elif path.is_file():
                if status.st_ino not in self.contents:
                    self.held.append(os.dup(handle))
                self.contents[status.st_ino] = path.read_bytes()

        return sync

    def _names(self) -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in self.folder.iterdir() if path.is_file()}

    def close(self) -> None:
        for handle in self.held:
            os.close(handle)

    def after_power_loss(self, copy: Path) -> Path:
        """A folder as it may be found."""
        copy.mkdir()
        now = {number: (self.folder / name).read_bytes() for name, number in self._names().items()}
        renamed = self.random.random() < 0.5
        for name, number in (self._names() if renamed else self.names).items():
            (copy / name).write_bytes(self._perhaps(self.contents.get(number, b""), now.get(number)))
        return copy

    def _perhaps(self, synced: bytes, written: bytes | None) -> bytes:
        if written is None or not written.startswith(synced):
            return synced
        return written[: self.random.randint(len(synced), len(written))]


@pytest.mark.parametrize("seed", range(4))
def test_what_was_acknowledged_is_found_after_a_power_loss_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int):
    """The moments: at every sync, just before it, while its append waits, and just after it."""
    folder = tmp_path / "log"
    folder.mkdir()
    disk = Disk(folder, monkeypatch, seed)
    acknowledged: list[int] = []
    losses = 0

    def lose_power(moment: str) -> None:
        nonlocal losses
        losses += 1
        with LogReader(folder) as reader:  # it reads what is not synced yet, too, and its cursor survives elsewhere
            seen, _, cursor = read_on(reader, Cursor())
        found_folder = disk.after_power_loss(tmp_path / f"found {losses} {moment}")
        with monkeypatch.context() as undisturbed:
            undisturbed.setattr(os, "fsync", lambda _: None)
            undisturbed.setattr(os, "fdatasync", lambda _: None)
            LogWriter(found_folder, SMALL).close()
            found = numbers(found_folder)
            with LogWriter(found_folder, SMALL) as later, LogReader(found_folder) as reader:
                later.append(line(LATER), 1)
                rest, _, _ = read_on(reader, cursor)
        assert {LATER, *acknowledged} <= {decode_record(given).received_at - START for given in seen + rest}
        assert found[: len(acknowledged)] == acknowledged
        assert verify(found_folder).corrupt == []

    watched_sync, watched_datasync = os.fsync, os.fdatasync
    monkeypatch.setattr(os, "fsync", lambda handle: (lose_power("before"), watched_sync(handle), lose_power("after")))
    monkeypatch.setattr(os, "fdatasync", lambda handle: (lose_power("before"), watched_datasync(handle), lose_power("after")))
    with LogWriter(folder, SMALL) as writer:
        for first in range(0, 80, 4):
            writer.append(lines(*range(first, first + 4), padding=300), 4)
            acknowledged += range(first, first + 4)
            lose_power("acknowledged")
            if first % 12 == 0:
                compress_closed(folder)
    disk.close()
    assert losses > 90
