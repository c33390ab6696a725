"""Repeats: records whose (source, message_id) is known. The same content is a duplicate and counted; other content is kept as a rejection."""

# ruff: noqa: S608 - what is put into SQL here is constant

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, NamedTuple

import duckdb
import msgspec
import numpy as np
from numpy.typing import NDArray

from clew.warehouse.loading.batch import Batch
from clew.warehouse.loading.inline import inline_numbers, inline_rows
from clew.warehouse.loading.keys import Hashes, KeyIndex
from clew.warehouse.loading.stage import drop

_TRANSPORT = ("sentAt", "receivedAt", "_metadata", "writeKey", "retryCount")
"""Members of a message that its way here changes: a retry of the same message may have others."""
KEY_REST = "md5_number_upper(concat(strlen({source}), ':', {source}, {message_id}))"
"""The other half of the key's hash; the first is `key_hash`."""
_ID_REUSED = "the same message id came before with other content: `first_load_id` and `first_received_at` say when"

_KEEP = """
INSERT INTO clew.rejections BY NAME
SELECT $1 AS load_id, f.chunk, f.ordinal, 'id_reused' AS reason, $2 AS detail, s.source, s.type, s.message_id,
  s.received_at, s.sent_at, s.batch_index, f.first_load_id, f.first_received_at, clew.whole(s.message, s.payload, s.context) AS message
"""


class Repeats(NamedTuple):
    """`hashes`: the sorted key hashes of what is left in the stage."""

    hashes: Hashes
    duplicates: int
    id_reused: int


class _First(NamedTuple):
    message: str
    load_id: int
    received_at: dt.datetime


def drop_repeats(cursor: duckdb.DuckDBPyConnection, index: KeyIndex, load_id: int, batch: Batch) -> Repeats:
    """Takes repeats out of the stage, and keeps those with other content in `clew.rejections`. First in the log wins."""
    columns = cursor.execute("SELECT place, key_hash FROM stage ORDER BY key_hash").fetchnumpy()
    places, hashes = np.asarray(columns["place"], np.int64), np.asarray(columns["key_hash"], np.uint64)
    known = index.contains(hashes)
    suspects = known | _twice(hashes)
    if not suspects.any():
        return Repeats(hashes, 0, 0)
    again = _forgotten(cursor, hashes[known].tolist(), batch)
    same, other = _judge(cursor, sorted({*places[suspects].tolist()} - {*again}), hashes[known].tolist(), load_id)
    _keep(cursor, other, load_id, batch)
    gone = np.asarray([*again, *same, *other], np.int64)
    drop(cursor, gone.tolist())
    return Repeats(hashes[~np.isin(places, gone)], len(again) + len(same), len(other))


def same_content(one: str, other: str) -> bool:
    """Whether two raw messages say the same, apart from what their way here changes."""
    return one == other or _content(one) == _content(other)


def content_id(message: str) -> str:
    """A message id made of what the raw message says: the same content gets the same id, whatever way it came."""
    content = msgspec.json.encode(_content(message), order="deterministic")
    return f"replay-{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


def _twice(hashes: Hashes) -> NDArray[np.bool_]:
    """For sorted hashes: which stand there more than once."""
    equal = hashes[1:] == hashes[:-1]
    return np.concatenate((equal, [False])) | np.concatenate(([False], equal))


def _forgotten(cursor: duckdb.DuckDBPyConnection, known: list[int], batch: Batch) -> list[int]:
    """The places of messages of somebody who was forgotten, sent again. Where they stand in the log is noted, so that they go from there too."""
    hashes = inline_numbers("?", "UBIGINT", known)
    rows = cursor.execute(
        f"""SELECT place FROM stage AS s JOIN clew.forgotten_keys AS f
          ON f.key_hash = s.key_hash AND f.key_rest = {KEY_REST.format(source="s.source", message_id="s.message_id")}
        WHERE s.key_hash IN {hashes.sql}""",
        [hashes.value],
    ).fetchall()
    places = [place for (place,) in rows]
    if places:
        columns = {"place": "BIGINT", "event_number": "BIGINT"}
        noted = inline_rows("?", columns, [(place, (batch.at(place).chunk << 32) + batch.at(place).ordinal) for place in places])
        cursor.execute(
            f"""INSERT INTO clew.forgetting SELECT 0, n.event_number, 'repeat', s.source, s.message_id, s.received_at, s.batch_index
            FROM stage AS s JOIN {noted.sql} AS n USING (place)""",
            [noted.value],
        )
    return places


def _judge(cursor: duckdb.DuckDBPyConnection, places: list[int], known: list[int], load_id: int) -> tuple[list[int], dict[int, _First]]:
    """Of the records at `places`: those that are duplicates, and those with other content than the first of their key."""
    firsts: dict[tuple[str, str], _First] = {}
    hashes = inline_numbers("?", "UBIGINT", known)
    columns = "source, message_id, message, load_id, received_at"
    for source, message_id, message, first_load, received_at in cursor.execute(
        f"SELECT {columns} FROM clew.events WHERE key_hash IN {hashes.sql}", [hashes.value]
    ).fetchall():
        firsts[source, message_id] = _First(message, first_load, received_at)
    same: list[int] = []
    other: dict[int, _First] = {}
    suspects = inline_numbers("?", "BIGINT", places)
    staged = "place, source, message_id, clew.whole(message, payload, context), received_at"
    for place, source, message_id, message, received_at in cursor.execute(
        f"SELECT {staged} FROM stage WHERE place IN {suspects.sql} ORDER BY place", [suspects.value]
    ).fetchall():
        mine = _First(message, load_id, received_at)
        first = firsts.setdefault((source, message_id), mine)
        if first is mine:
            continue
        if same_content(first.message, message):
            same.append(place)
        else:
            other[place] = first
    return same, other


def _keep(cursor: duckdb.DuckDBPyConnection, other: dict[int, _First], load_id: int, batch: Batch) -> None:
    if not other:
        return
    columns = {"place": "BIGINT", "chunk": "BIGINT", "ordinal": "BIGINT", "first_load_id": "BIGINT", "first_received_at": "TIMESTAMP"}
    rows = [(place, *batch.at(place), first.load_id, first.received_at) for place, first in other.items()]
    firsts = inline_rows("$3", columns, rows)
    cursor.execute(_KEEP + f"FROM stage AS s JOIN {firsts.sql} AS f ON f.place = s.place", [load_id, _ID_REUSED, firsts.value])


def _content(message: str) -> Any:
    value = msgspec.json.decode(message)
    if not isinstance(value, dict):
        return value
    kept = {key: member for key, member in value.items() if key not in _TRANSPORT}
    if isinstance(kept.get("context"), dict):
        kept["context"] = {key: member for key, member in kept["context"].items() if key != "ip"}
    return kept
