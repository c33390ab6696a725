"""Run by a test: kill a writer at each of its steps on disk in turn, and see each time that the version before or the version after is there.

    python killed.py FOLDER base|overlay|compaction

Each writer is forked from here and kills itself, as `kill -9` does, at its n-th step (a file opened, renamed or removed, a folder made or removed),
for n from 1 until one comes through. After every fourth, another writer does the work over what was left. Prints at how many steps writers died, and
how many of these left the version after.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.timelines.store.warehouse import SOURCE, Row, expected, held, replace, warehouse

from clew.timelines.store import current_build, open_timeline, write_base, write_overlay

assert pa.__version__, "loaded here, not by each fork"
STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}
BASE = [Row(p, t, p * 10 + t, p % 3, p * 7, True) for p in range(6) for t in range(4)]
LATER = [row._replace(kind=4) for row in BASE if row.person == 2]
LATEST = [row._replace(kind=5) for row in BASE if row.person in (2, 3)]
AFTER_LATER = [*(row for row in BASE if row.person != 2), *LATER]
AFTER_LATEST = [*(row for row in BASE if row.person not in (2, 3)), *LATEST]


def make(root: Path) -> None:
    """A timeline with a base and an overlay: build 2."""
    db = warehouse(BASE)
    write_base(db, root, SOURCE, 1)
    replace(db, [2], LATER)
    write_overlay(db, root, SOURCE, 2, [2], since=1, compact_at=1)


def change(root: Path, how: str) -> None:
    """Build 3."""
    db = warehouse(AFTER_LATEST)
    if how == "base":
        write_base(db, root, SOURCE, 3)
    else:
        write_overlay(db, root, SOURCE, 3, [2, 3], since=2, compact_at=1 if how == "overlay" else 0)


def apart(work: Callable[[], None], die_at: int = 0, under: str = "") -> int:
    """How a process that does the work ended: 0, or the signal."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    steps = 0

    def watch(event: str, args: tuple[Any, ...]) -> None:
        nonlocal steps
        if die_at and event in STEPS and under in str(args[0]):
            steps += 1
            if steps == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    os.fsync = lambda _: None  # a kill is no power failure: what was written is seen by others, and syncing takes nearly all of the time
    try:
        work()
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(folder: Path, how: str) -> None:
    versions = {2: expected(AFTER_LATER), 3: expected(AFTER_LATEST)}
    first = folder / "first"
    assert apart(lambda: make(first)) == 0
    after = 0
    for step in range(1, 1000):
        root = folder / f"at-{step}"
        shutil.copytree(first, root)
        status = apart(lambda root=root: change(root, how), step, str(root))  # type: ignore[misc]
        build = current_build(root)
        assert build in versions
        assert held(open_timeline(root)) == versions[build], f"step {step}"
        if status == 0:
            print(step - 1, after)
            return
        assert status == -signal.SIGKILL
        after += build == 3
        if build == 2 and step % 4 == 0:
            assert apart(lambda root=root: change(root, how)) == 0  # type: ignore[misc]
            assert held(open_timeline(root)) == versions[3]
        shutil.rmtree(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
