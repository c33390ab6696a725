"""The durable record: every message, in the order it was taken, in files that common tools read.

Read in this order: `line` (a record), `disk.chunk` (a file of them), `opening`, `writer` and `commit` (how they get there), `cursor` and
`reader` (how they are read), `upkeep` and `erase` (what happens to closed chunks), `inspect` (looking at it all). `docs/eventlog.md` says
what is guaranteed.
"""

from clew.eventlog.cursor import Cursor, CursorFile, published_cursors
from clew.eventlog.erase import erase
from clew.eventlog.inspect import Stats, Verified, before_last, stats, verify
from clew.eventlog.line import all_bodies, body, check, seal, seal_bodies
from clew.eventlog.reader import Corrupt, LogReader, Slice
from clew.eventlog.upkeep import apply_retention, compress_closed
from clew.eventlog.writer import LogWriter

__all__ = [
    "Corrupt",
    "Cursor",
    "CursorFile",
    "LogReader",
    "LogWriter",
    "Slice",
    "Stats",
    "Verified",
    "all_bodies",
    "apply_retention",
    "before_last",
    "body",
    "check",
    "compress_closed",
    "erase",
    "published_cursors",
    "seal",
    "seal_bodies",
    "stats",
    "verify",
]
