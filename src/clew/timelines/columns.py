"""What comes in: events sorted by person and order as columns, and predicates over them. Arrays may be memory-mapped; none is written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]
Any1D = npt.NDArray[Any]

MISSING = -1
"""The code of a value that an event does not have."""


class Part(NamedTuple):
    """Whole people, each with all of their events in the total order. A timeline is several parts: a base, and overlays of changed people."""

    start: Int64
    """Where each unit's events begin; one more entry says where the last one's end."""
    person: Int64
    """The person of each unit. Units are people, until `units` regroups the events."""
    time: Int64
    """Model time of each event, microseconds UTC."""
    kind: Int32
    """Number of each event's kind (its name)."""
    is_activity: Bool
    session: Int32
    """Number of each event's session in stored order; MISSING: in none."""
    skip: Bool
    """For each unit, whether to pass over it, because it is whole in another part. Empty: none."""


def part(start: Any, person: Any, time: Any, kind: Any, is_activity: Any, session: Any, skip: Any = ()) -> Part:
    """A part of these columns, checked to be as long as each other. Raises ValueError."""
    columns = Part(
        fixed(start, np.int64),
        fixed(person, np.int64),
        fixed(time, np.int64),
        fixed(kind, np.int32),
        _flags(is_activity),
        fixed(session, np.int32),
        _flags(skip),
    )
    units, events = len(columns.person), len(columns.time)
    expected = {"start": units + 1, "kind": events, "is_activity": events, "session": events, "skip": units}
    for name, length in expected.items():
        found = len(getattr(columns, name))
        if found != length and not (name == "skip" and found == 0):
            raise ValueError(f"timeline: expected {length} entries in {name!r} (of {units} units with {events} events), found {found}")
    if columns.start[0] != 0 or columns.start[-1] != events:
        raise ValueError(f"timeline: expected 'start' to go from 0 to {events}, found {columns.start[0]} to {columns.start[-1]}")
    return columns


class Match(NamedTuple):
    """Up to 63 predicates over events. Bit n of a mask: predicate n holds. Of an event both its kind's mask and its own hold."""

    by_kind: Masks
    """One mask for each kind: predicates on names alone, the cheap way."""
    by_event: tuple[Any1D | None, ...] = ()
    """For each part, one mask (uint8 or uint64) for each event: predicates that ask for properties. None or absent: there are none in that part."""

    def of(self, place: int) -> tuple[Masks, Any1D]:
        """The masks by kind and by event (empty: none) for the part at `place`, as kernels take them."""
        own = self.by_event[place] if place < len(self.by_event) else None
        if own is None:
            return fixed(self.by_kind, np.uint64), fixed((), np.uint8)
        return fixed(self.by_kind, np.uint64), fixed(own, np.uint8 if own.dtype in (np.uint8, np.bool_) else np.uint64)


def match_kinds(predicates: Sequence[Sequence[int]], kinds: int) -> Match:
    """Predicates that each are a set of kinds, of `kinds` there are."""
    masks = np.zeros(kinds, np.uint64)
    for bit, each in enumerate(predicates):
        masks[list(each)] |= np.uint64(1 << bit)
    return Match(masks)


def fixed(values: Any, dtype: Any) -> Any1D:
    """The values as a plain array of that type that nobody writes to. All input looks the same to the compiler, so each kernel is compiled once."""
    array = np.ascontiguousarray(values, dtype).view(np.ndarray)
    array = array[:]
    array.flags.writeable = False
    return array


def _flags(values: Any) -> Bool:
    array = np.asarray(values)
    return fixed(array.view(np.bool_) if array.dtype == np.uint8 else array, np.bool_)
