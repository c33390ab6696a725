"""Taking a person's messages out of the two logs. Doing it again does no harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import msgspec

from clew.collect.control import roll
from clew.config import Paths
from clew.eventlog import erase
from clew.forget.names import Names
from clew.messages import Record

Key = tuple[str, str]
Copy = tuple[str, str, int, int]
"""Source, message id, received_at and batch_index: one record of a message that came several times."""

_MARKED = """SELECT source, message_id, epoch_us(received_at), batch_index, kind FROM clew.forgetting WHERE forget_id IN (?, 0)"""
_OTHERS = """SELECT r.source, r.message_id, epoch_us(r.received_at), r.batch_index FROM clew.rejections AS r
ANTI JOIN clew.forgetting AS f ON f.event_number = (r.chunk << 32) + r.ordinal"""


def erase_from_logs(cursor: duckdb.DuckDBPyConnection, root: Path, forget_id: int, names: Names) -> tuple[int, int]:
    """Erase what is marked in `clew.forgetting` from the log, and what names them from the refused messages; how many records of each.

    Reads both logs once. Raises LogError, after all that can be done is done; ProjectError when the collector does not answer.
    """

    def is_refused(record: Record) -> bool:
        return names.is_in(record.source, _sent(bytes(record.message)))

    is_marked, closed = _marked(cursor, forget_id), roll(root)
    return erase(Paths(root).log, is_marked, closed.log), erase(Paths(root).refused, is_refused, closed.refused)


def erase_repeats(cursor: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Erase messages of the forgotten that were sent again since, and dropped by the loader. Raises as above."""
    erase(Paths(root).log, _marked(cursor, 0), roll(root).log)


def _marked(cursor: duckdb.DuckDBPyConnection, forget_id: int) -> Callable[[Record], bool]:
    """Whether a record is one of those that are marked, or a repeat of one."""
    events: set[Key] = set()
    copies: set[Copy] = set()
    for source, message_id, received_at, batch_index, kind in cursor.execute(_MARKED, [forget_id]).fetchall():
        if kind in ("event", "repeat"):
            events.add((source, message_id))
        else:
            copies.add((source, message_id, received_at, batch_index))
    # The same message id with other content, of somebody else: that is not theirs.
    others = set(cursor.execute(_OTHERS).fetchall())

    def is_theirs(record: Record) -> bool:
        key = (record.source, record.message_id)
        copy = (*key, record.received_at, record.batch_index)
        return copy in copies or (key in events and copy not in others)

    return is_theirs


def _sent(raw: bytes) -> bytes:
    """A refused message as it was sent: what was not JSON is kept as a text."""
    return msgspec.json.decode(raw, type=str).encode() if raw[:1] == b'"' else raw
