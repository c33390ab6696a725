"""The order of the system's calls: contents are synced before a name, names before anybody is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clew import config
from clew.eventlog import Cursor, CursorFile, LogWriter, compress_closed
from eventlog.lines import line, write_chunks


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`name file` of each call that changes a disk, as it is made."""
    made: list[str] = []

    def watch_handle(name: str) -> None:
        real = getattr(os, name)

        def call(handle: int, *rest: object) -> object:
            made.append(f"{name} {Path(f'/proc/self/fd/{handle}').readlink().name}")
            return real(handle, *rest)

        monkeypatch.setattr(os, name, call)

    def watch_path(name: str) -> None:
        real = getattr(Path, name)

        def call(path: Path, *rest: object, **options: object) -> object:
            made.append(f"{name} {path.name}")
            return real(path, *rest, **options)

        monkeypatch.setattr(Path, name, call)

    for name in ("pwritev", "fdatasync", "fsync", "ftruncate"):
        watch_handle(name)
    for name in ("replace", "unlink"):
        watch_path(name)
    return made


def test_an_append_is_written_and_synced_and_a_new_chunk_gets_its_name_when_it_is_whole(tmp_path: Path, calls: list[str]):
    folder = tmp_path / "log"
    with LogWriter(folder, config.Log()) as writer:
        calls.clear()
        writer.append(line(0), 1)
        new = "0000000001.new"
        assert calls == [f"pwritev {new}", f"fdatasync {new}", "fsync log", f"replace {new}", "fsync log"]
        calls.clear()
        writer.append(line(1), 1)
        assert calls == ["pwritev 0000000001.ndjson", "fdatasync 0000000001.ndjson"]


def test_a_chunk_is_removed_only_when_its_compressed_form_has_its_name_on_disk(tmp_path: Path, calls: list[str]):
    write_chunks(tmp_path, range(1), range(1, 2))
    calls.clear()
    compress_closed(tmp_path)
    assert calls == ["fsync 0000000001.tmp", "replace 0000000001.tmp", f"fsync {tmp_path.name}", "unlink 0000000001.ndjson"]


def test_a_cursor_is_replaced_by_a_whole_file(tmp_path: Path, calls: list[str]):
    CursorFile(tmp_path, "warehouse").write(Cursor(1, 1))
    assert calls == ["fsync warehouse.tmp", "replace warehouse.tmp", "fsync cursors"]
