"""Opening a log for writing: take it, clear up what the last writer left, and find the next chunk's number."""

from __future__ import annotations

import os
from pathlib import Path

from clew.errors import LogError
from clew.eventlog.cursor import published_cursors
from clew.eventlog.disk.chunk import list_chunks, plain_path
from clew.eventlog.disk.durable import log_errors, open_lock, publish, sync_folder
from clew.eventlog.line import all_intact

_BLOCK = 64 * 1024


def hold(folder: Path) -> int | None:
    """Makes the folder and takes its lock."""
    with log_errors(f"open the log {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        path = folder / "writer.lock"
        lock = open_lock(path)
        if lock is None:
            raise LogError(
                f"{folder}: process {path.read_text().strip() or '(unknown)'} is writing this log; a log has one writer: stop that process first"
            )
        return lock


def unused_number(folder: Path) -> int:
    """A number that no chunk has and no reader has seen, also if the newest chunks were deleted by hand."""
    seen = [chunk.number for chunk in list_chunks(folder)] + [cursor.chunk for cursor in published_cursors(folder).values()]
    return max(seen, default=0) + 1


def tidy(folder: Path) -> None:
    """Finishes or removes the beginning of a chunk, and cuts the torn tail of the newest."""
    for path in folder.glob(f"{'[0-9]' * 10}.new"):
        _finish(path)
    chunks = list_chunks(folder)
    if chunks and not chunks[-1].compressed:
        _cut_torn_tail(chunks[-1].path)


def _finish(beginning: Path) -> None:
    """Names a chunk whose first lines are whole: it may have had that name, and lost it with the power after a reader had read it.

    That reader's cursor would be in a chunk that is not there, or worse, in another of the same number.
    """
    content = beginning.read_bytes()
    number = int(beginning.stem)
    newest = max((chunk.number for chunk in list_chunks(beginning.parent)), default=0)
    if number > newest and content.endswith(b"\n") and all_intact(content[:-1].split(b"\n")):
        publish(beginning, plain_path(beginning.parent, number))
    else:
        beginning.unlink()


def _cut_torn_tail(path: Path) -> None:
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        whole = _end_of_last_line(file.fileno(), size)
        if whole < size:
            file.truncate(whole)
            os.fsync(file.fileno())


def _end_of_last_line(handle: int, size: int) -> int:
    end = size
    while end > 0:
        begin = max(0, end - _BLOCK)
        newline = os.pread(handle, end - begin, begin).rfind(b"\n")
        if newline >= 0:
            return begin + newline + 1
        end = begin
    return 0
