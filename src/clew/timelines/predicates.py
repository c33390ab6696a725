"""From predicates to what kernels take. Names alone are answered by each event's kind; all else is SQL that the database evaluates, event by event.

The database tells all that a question needs in one look: what takes it time is to read the events, not what it says of them. It returns them in any
order, and each is put at its place in the timeline by its number: nothing is sorted.
"""
# ruff: noqa: S608 - conditions are SQL that the caller wrote or rendered from its own predicates; values in them are quoted or bound there

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import msgspec
import numpy as np

from clew.timelines.columns import MISSING, Any1D, Bool, Int32, fixed
from clew.timelines.store import Timeline

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 63
_ROWS = 100_000
_FEW = 8


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """The events as SQL sees them: a table, view or query in brackets, and its column of event numbers. Few of them are told of soon."""

    relation: str = "clew.model_events"
    event: str = "event_number"


class Expression(msgspec.Struct, frozen=True):
    """SQL over the columns of a relation. It is evaluated for all events of the relation, and looked at for those of the kinds."""

    sql: str
    kinds: tuple[int, ...] | None = None
    """None: any kind."""


class Codes(NamedTuple):
    """The values of an expression, numbered, for each event: a property to hold, or a breakdown."""

    of: list[Int32]
    """For each part, one number for each event; MISSING where the value is NULL."""
    values: list[str]
    """The value of each number, as text. Numbers go by first appearance."""


class Looked(NamedTuple):
    """What the database said."""

    holds: list[list[Int32]]
    """For each condition and part, the positions of the events for which it is true, each once."""
    codes: list[Codes]
    """For each value."""


def look(
    connection: duckdb.DuckDBPyConnection,
    timeline: Timeline,
    events: Relation,
    conditions: Sequence[Expression] = (),
    values: Sequence[Expression] = (),
) -> Looked:
    """What is true of events and what their values are, in the transaction that the connection is in. NULL is not true. Up to 63 conditions.

    Raises ValueError for a negative kind, and the database's error for what it cannot evaluate.
    """
    # The database looks for the next rows while these are placed; not more of them are in memory.
    rows = connection.execute(_query(events, conditions, values)).to_arrow_reader(_ROWS)
    placing, before = _Placing(timeline, conditions, values), None
    with ThreadPoolExecutor(1) as pool:
        for batch in rows:
            if before:
                before.result()
            before = pool.submit(placing.put, *batch.columns)
        if before:
            before.result()
    return placing.looked()


def _query(events: Relation, conditions: Sequence[Expression], values: Sequence[Expression]) -> str:
    """The number of each event, bit n where condition n is true, and the values. What is alone restricts the rows."""
    width = "UTINYINT" if len(conditions) <= _FEW else "UBIGINT"
    bits = [f"CAST(CAST(({each.sql}) AS BOOLEAN) IS TRUE AS {width}) << {n}" for n, each in enumerate(conditions)]
    told = [f"CAST(({each.sql}) AS VARCHAR)" for each in values]
    where = "true"
    if len([*bits, *told]) == 1:
        where, bits = (f"({conditions[0].sql})", ["1"]) if bits else (f"{told[0]} IS NOT NULL", [])
    mask = " | ".join(f"({bit})" for bit in bits) or "0"
    return f"SELECT {', '.join([f'CAST({events.event} AS BIGINT)', mask, *told])} FROM {events.relation} WHERE {where}"


class _Placing:
    """What is told of some rows after the other, put at the places of the events."""

    def __init__(self, timeline: Timeline, conditions: Sequence[Expression], values: Sequence[Expression]) -> None:
        self._timeline = timeline
        self._kinds = [[_kinds(timeline.kinds, each.kinds) for each in some] for some in (conditions, values)]
        self._holds: list[list[list[Int32]]] = [[[np.zeros(0, np.int32)] for _ in timeline.parts] for _ in conditions]
        self._known: list[dict[str, int]] = [{} for _ in values]
        self._codes = [[np.full(len(part.time), MISSING, np.int32) for part in timeline.parts] for _ in values]

    def put(self, number: pa.Array, mask: pa.Array, *values: pa.Array) -> None:
        from clew.timelines.kernels import places

        bits, codes = fixed(mask, np.uint64), list(map(_coded, self._known, values))
        for place, (part, at) in enumerate(zip(self._timeline.parts, self._timeline.find(number.to_numpy()), strict=True)):
            kind = np.empty(len(at), np.int32)
            places.kinds(at, part.kind, kind)
            for bit, (holds, of_kind) in enumerate(zip(self._holds, self._kinds[0], strict=True)):
                found = np.empty(len(at), np.int32)
                holds[place].append(found[: places.chosen(at, bits, bit, kind, of_kind, found)])
            for out, code, of_kind in zip(self._codes, codes, self._kinds[1], strict=True):
                places.put(at, code, kind, of_kind, out[place])

    def looked(self) -> Looked:
        holds = [[np.concatenate(found) for found in each] for each in self._holds]
        return Looked(holds, [Codes(of, list(known)) for of, known in zip(self._codes, self._known, strict=True)])


def _kinds(kinds: int, wanted: tuple[int, ...] | None) -> Bool:
    """For each kind that the timeline has an event of, whether it is one of these."""
    if wanted and min(wanted) < 0:
        raise ValueError(f"timeline: expected kinds from 0, found {min(wanted)}")
    return fixed(np.ones(kinds) if wanted is None else np.isin(np.arange(kinds), wanted), np.bool_)


def _coded(known: dict[str, int], column: pa.Array) -> Int32:
    """The number of each value; those that are not known yet get the next ones."""
    coded = column.dictionary_encode()
    numbers = [known.setdefault(value, len(known)) for value in coded.dictionary.to_pylist()]
    return fixed(np.array([*numbers, MISSING], np.int32)[coded.indices.fill_null(len(numbers)).to_numpy()], np.int32)


def masks(timeline: Timeline, holds: Mapping[int, list[Int32]]) -> tuple[Any1D, ...]:
    """For each part, a mask for each event: bit n where it is at one of the positions of holds[n]. No masks where there are no bits.

    Raises ValueError for more bits than masks have.
    """
    if max(holds, default=0) >= MOST:
        raise ValueError(f"timeline: expected at most {MOST} steps and exclusions, found {max(holds) + 1}")
    dtype: Any = np.uint8 if max(holds, default=0) < _FEW else np.uint64
    found = [np.zeros(len(part.time), dtype) for part in timeline.parts] if holds else []
    for bit, positions in holds.items():
        for mask, at in zip(found, positions, strict=True):
            mask[at] |= dtype(1 << bit)
    return tuple(found)
