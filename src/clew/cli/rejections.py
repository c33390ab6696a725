"""What the collector accepted and the loader refused, as the warehouse keeps it: for `clew refused`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from clew.collect.refusals import Choice
from clew.config import Paths
from clew.messages import Record, decode_record
from clew.quoting import literal

if TYPE_CHECKING:
    from clew.api import Clew

REASONS = {
    "id_reused": "the same message id came before with other content",
    "set_aside": "the loader could not take the record",
}
"""reason -> what it means."""
PAGE = 5000
REQUEST_BYTES = 300_000
"""Of messages that are sent at once: the collector takes no larger request than `collect.max_batch_bytes`."""

_PLACE = ("load_id", "chunk", "ordinal")
_ID_REUSED = """
SELECT load_id, chunk, ordinal, source, type, message_id, epoch_us(received_at) AS received_at, epoch_us(sent_at) AS sent_at, batch_index,
  first_load_id, message
FROM clew.rejections
WHERE (load_id, chunk, ordinal) > ({load_id}, {chunk}, {ordinal})
ORDER BY load_id, chunk, ordinal
LIMIT {page}
"""
_SET_ASIDE = """
SELECT load_id, chunk, ordinal, reason, line, epoch_us(set_aside_at) AS set_aside_at
FROM clew.set_aside
WHERE (load_id, chunk, ordinal) > ({load_id}, {chunk}, {ordinal})
ORDER BY load_id, chunk, ordinal
LIMIT {page}
"""
_STORED = "SELECT source, message_id FROM clew.events WHERE message_id IN ({ids})"
_LATEST = 253_402_300_800_000_000
"""Of a time that can be told: the year 10000."""


class Rejection(NamedTuple):
    """One message that the loader refused. `record` is None where the line is no record that could be sent again."""

    at: int
    """When it was received; when it was set aside, where its own time cannot be read."""
    reason: str
    detail: str
    text: str
    """The message, or the line where there is no record."""
    record: Record | None
    new_id: str
    """The id that a replay gives it."""

    @property
    def source(self) -> str:
        return self.record.source if self.record else ""


def read_rejections(clew: Clew, reasons: frozenset[str], sources: frozenset[str], *, replayed: bool) -> Iterator[Rejection]:
    """In the order of loads. `replayed`: also those that a replay has brought into the warehouse since. Raises QueryError, ProjectError."""
    if not Paths(clew.root).database.exists():
        return
    for reason, sql, made in (("id_reused", _ID_REUSED, _reused), ("set_aside", _SET_ASIDE, _aside)):
        if not reasons or reason in reasons:
            found = _pages(clew, sql, made, replayed)
            yield from (rejection for rejection in found if not sources or rejection.source in sources)


def requests(rejections: Iterator[Rejection], refused: Counter[str]) -> Iterator[Choice]:
    """What the collector is asked to take, in parts: each message with its new id, once. Counts in `refused` what cannot be sent."""
    size, request = 0, list[Record]()
    sent = set[tuple[str, str]]()
    for rejection in rejections:
        if rejection.record is None:
            refused[rejection.reason] += 1
            continue
        if (key := (rejection.source, rejection.new_id)) in sent:
            continue
        sent.add(key)
        record = _anew(rejection.record, rejection.new_id)
        more = len(bytes(record.message)) + 500
        if request and size + more > REQUEST_BYTES:
            yield Choice(records=tuple(request))
            size, request = 0, []
        request.append(record)
        size += more
    if request:
        yield Choice(records=tuple(request))


def _pages(clew: Clew, sql: str, made: Callable[[dict[str, Any]], Rejection], replayed: bool) -> Iterator[Rejection]:
    """A page at a time, since there may be many."""
    after = dict.fromkeys(_PLACE, -1)
    while rows := clew.query(sql.format(**after, page=PAGE)):
        after = {name: rows[-1][name] for name in _PLACE}
        page = [made(row) for row in rows]
        stored = set() if replayed else _stored(clew, page)
        yield from (rejection for rejection in page if (rejection.source, rejection.new_id) not in stored)


def _stored(clew: Clew, page: list[Rejection]) -> set[tuple[str, str]]:
    ids = ", ".join(literal(rejection.new_id) for rejection in page)
    return {(row["source"], row["message_id"]) for row in clew.query(_STORED.format(ids=ids))}


def _reused(row: dict[str, Any]) -> Rejection:
    from clew.warehouse.loading.repeats import content_id

    known = {name: row[name] for name in ("source", "type", "message_id", "received_at", "sent_at", "batch_index")}
    record = Record(**known, timestamp=row["received_at"], message=msgspec.Raw(row["message"].encode()))
    detail = f"{row['message_id']} came before with other content, in load {row['first_load_id']}"
    return Rejection(row["received_at"], "id_reused", detail, row["message"], record, content_id(row["message"]))


def _aside(row: dict[str, Any]) -> Rejection:
    """Such a message is in no table, so its id is free: it keeps it."""
    record = _decoded(row["line"])
    if record is None:
        return Rejection(row["set_aside_at"], "set_aside", row["reason"], row["line"], None, "")
    return Rejection(record.received_at, "set_aside", row["reason"], bytes(record.message).decode(), record, record.message_id)


def _decoded(line: str) -> Record | None:
    try:
        record = decode_record(line.encode())
    except msgspec.DecodeError:
        return None
    return record if record.message_id and 0 <= record.received_at < _LATEST else None


def _anew(record: Record, new_id: str) -> Record:
    """The record as it was, but for the id: the message goes without, so that it gets the new one."""
    try:
        members = msgspec.json.decode(record.message, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:  # no object: a rule will say so
        return msgspec.structs.replace(record, message_id=new_id)
    members.pop("messageId", None)
    return msgspec.structs.replace(record, message_id=new_id, message=msgspec.Raw(msgspec.json.encode(members)))
