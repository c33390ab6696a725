"""The process that test_kill.py kills: `python -m eventlog.child write|upkeep FOLDER NUMBER`."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
from pathlib import Path

import uvloop

from clew import config
from clew.eventlog import Cursor, CursorFile, LogWriter, compress_closed, erase
from clew.eventlog.commit import GroupCommit
from eventlog.lines import START, line

SETTINGS = config.Log(roll_bytes=40_000)
SENDERS = 20


def say(number: int) -> None:
    os.write(1, b"%d\n" % number)


def write(folder: Path, first: int) -> None:
    """Appends numbered records from `first` on, many at once; says each number when it was told that it is on disk."""

    async def send(commit: GroupCommit, numbers: itertools.count[int]) -> None:
        for number in numbers:
            await commit.append(line(number, padding=number % 500), 1)
            say(number)

    async def main() -> None:
        with LogWriter(folder, SETTINGS) as writer:
            commit = GroupCommit(writer, 1 << 20, 0)
            numbers = itertools.count(first)
            await asyncio.gather(*(send(commit, numbers) for _ in range(SENDERS)))

    def keep_compressing() -> None:
        while True:
            compress_closed(folder)

    threading.Thread(target=keep_compressing, daemon=True).start()
    uvloop.run(main())


def upkeep(folder: Path, first: int) -> None:
    """Compresses, publishes cursors and erases, one record more each time; says each number when its record is gone."""
    for number in itertools.count(first):
        compress_closed(folder)
        CursorFile(folder, "warehouse").write(Cursor(1, number))
        erase(folder, lambda record, number=number: record.received_at - START == number)
        say(number)


if __name__ == "__main__":
    {"write": write, "upkeep": upkeep}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
