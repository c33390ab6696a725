"""Files that survive a crash: whole or not at all, under locks that die with their process."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from clew.errors import LogError


def sync_folder(folder: Path) -> None:
    """Makes names created, renamed or removed in `folder` survive a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(temporary: Path, target: Path) -> None:
    """Gives a finished and synced file its name, replacing what stood there: a reader sees the old or the new, whole."""
    temporary.replace(target)
    sync_folder(target.parent)


def write_whole(target: Path, content: bytes) -> None:
    """Writes a small file so that after a crash it holds the old or the new content."""
    temporary = target.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    publish(temporary, target)


def open_lock(path: Path) -> int | None:
    """A handle that holds the lock file `path` until it is closed, or None while another holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    with contextlib.suppress(OSError):  # who holds it is only told to others; on a full disk it must still be held
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


@contextlib.contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Holds the lock file `path`, after waiting for whoever holds it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def log_errors(doing: str) -> Iterator[None]:
    """Turns the operating system's errors into LogError, which says what was being done."""
    try:
        yield
    except OSError as error:
        raise LogError(f"cannot {doing}: {error.strerror or error}") from error
