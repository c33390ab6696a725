"""One owner per role and project folder: an exclusive lock file that the system frees when its process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clew.errors import ProjectError


@contextmanager
def hold(path: Path, role: str) -> Iterator[None]:
    """Hold the lock at `path` for the block. Raises ProjectError, naming the holder's process, when another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ProjectError(
                f"{role} already runs on {path.parent.parent} (process {holder(path)}): stop it first, or use another --project"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(path: Path) -> int | None:
    """The process that wrote itself into the lock file last, whether or not it still lives."""
    text = path.read_text("ascii").strip()
    return int(text) if text.isdigit() else None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock at `path` now."""
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
