"""From predicates to what kernels take. Names alone are answered by each event's kind; all else is SQL that the database evaluates, event by event.

The database returns the events for which something holds, in any order, and each is put at its place in the timeline by its number: nothing is
sorted, and events that match nothing cost no more than the database's look at them.
"""
# ruff: noqa: S608 - conditions are SQL that the caller wrote or rendered from its own predicates; values in them are quoted or bound there

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import msgspec
import numpy as np

from clew.timelines.columns import MISSING, Any1D, Int32, Match
from clew.timelines.store import Timeline

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 63
_ROWS = 250_000
_FEW = 8


class Predicate(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold of an event: that it is of one of these kinds, that the condition is true, or both where both are given."""

    kinds: tuple[int, ...] | None = None
    """None: any kind."""
    where: str = ""
    """A condition in SQL over the columns of the relation; NULL is not true. Where it names the events that it is about, the database reads less."""


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """The events as conditions see them: a table, view or query in brackets, and its column of event numbers."""

    relation: str = "clew.model_events"
    event: str = "event_number"


class Codes(NamedTuple):
    """The values of an expression, numbered, for each event: a property to hold, or a breakdown."""

    of: list[Int32]
    """For each part, one number for each event; MISSING where the value is NULL."""
    values: list[str]
    """The value of each number, as text."""


def match(connection: duckdb.DuckDBPyConnection, timeline: Timeline, predicates: Sequence[Predicate], events: Relation | None = None) -> Match:
    """The masks of up to 63 predicates, in the transaction that the connection is in. Without conditions the database is not asked.

    Raises ValueError for more predicates or a negative kind, and the database's error for a condition that it cannot evaluate.
    """
    if len(predicates) > MOST:
        raise ValueError(f"timeline: expected at most {MOST} steps and exclusions, found {len(predicates)}")
    by_kind = _by_kind(timeline.kinds, [() if p.where else p.kinds for p in predicates])
    asked = [(bit, p) for bit, p in enumerate(predicates) if p.where]
    if not asked:
        return Match(by_kind)
    allowed = _by_kind(timeline.kinds, [p.kinds if p.where else () for p in predicates])
    dtype = np.uint8 if asked[-1][0] < _FEW else np.uint64
    masks: list[Any1D] = [np.zeros(len(part.time), dtype) for part in timeline.parts]
    for bit, predicate in asked:
        allowed = _by_kind(timeline.kinds, [predicate.kinds])
        for mask, part, at in zip(masks, timeline.parts, holds(connection, timeline, predicate.where, events), strict=True):
            mask[at] = mask[at] | (allowed[part.kind[at]] << np.uint64(bit)).astype(dtype)
    return Match(by_kind, tuple(masks))


def holds(connection: duckdb.DuckDBPyConnection, timeline: Timeline, where: str, events: Relation | None = None) -> list[Int32]:
    """For each part the positions of the events for which a condition is true, each once. Raises the database's error for one it cannot evaluate."""
    named = events or Relation()
    found: list[list[Int32]] = [[np.zeros(0, np.int32)] for _ in timeline.parts]
    for (number,) in _batches(connection, f"SELECT CAST({named.event} AS BIGINT) FROM {named.relation} WHERE {where}"):
        for out, place in zip(found, timeline.find(number.to_numpy()), strict=True):
            out.append(place[place != MISSING].astype(np.int32))
    return [np.concatenate(out) for out in found]


def _by_kind(kinds: int, predicates: Sequence[tuple[int, ...] | None]) -> Any1D:
    """One mask for each kind. Kinds that the timeline has no event of match nothing."""
    masks = np.zeros(max(kinds, 1), np.uint64)
    for bit, each in enumerate(predicates):
        wanted = np.arange(len(masks)) if each is None else np.array(each, np.int64)
        if (wanted < 0).any():
            raise ValueError(f"timeline: expected kinds from 0, found {wanted.min()}")
        masks[wanted[wanted < len(masks)]] |= np.uint64(1 << bit)
    return masks


def codes(connection: duckdb.DuckDBPyConnection, timeline: Timeline, expression: str, events: Relation | None = None, where: str = "true") -> Codes:
    """The values of an SQL expression for the events of which `where` is true, and MISSING for the others. Numbers go by first appearance."""
    named = events or Relation()
    value = f"CAST({expression} AS VARCHAR)"
    query = f"SELECT CAST({named.event} AS BIGINT), {value} FROM {named.relation} WHERE ({where}) AND {value} IS NOT NULL"
    known: dict[str, int] = {}
    out = [np.full(len(part.time), MISSING, np.int32) for part in timeline.parts]
    for number, values in _batches(connection, query):
        coded = values.dictionary_encode()
        code = np.array([known.setdefault(v, len(known)) for v in coded.dictionary.to_pylist()], np.int32)[coded.indices.to_numpy()]
        for column, place in zip(out, timeline.find(number.to_numpy()), strict=True):
            column[place[place != MISSING]] = code[place != MISSING]
    return Codes(out, list(known))


def _batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[list[pa.Array]]:
    """The columns of the answer, in blocks, so that it is never in memory as a whole."""
    for batch in connection.execute(query).to_arrow_reader(_ROWS):
        if len(batch):
            yield batch.columns
