"""From an event's number in the warehouse to its place in a part, without a sorted copy of all numbers.

Numbers come in dense stretches (a chunk of the log after the other), so they are looked up by page: 256 numbers that share their high bits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clew.errors import TimelineError
from clew.timelines.columns import Int32, Int64, fixed

_BITS = 8
PAGE = 1 << _BITS
_BLOCK = 1 << 20


def pages_of(events: Int64) -> Int64:
    """The pages of these events, ascending."""
    found = np.zeros(0, np.int64)
    for first in range(0, len(events), _BLOCK):
        found = np.union1d(found, events[first : first + _BLOCK] >> _BITS)
    return found


def fill(path: Path, pages: Int64, events: Int64) -> None:
    """Write the places by page: 1 + the position of each event, 0 where a page's number is of no event. Raises TimelineError if one comes twice."""
    if not len(pages):
        path.write_bytes(b"")
        return
    place = np.memmap(path, np.int32, "w+", shape=(len(pages) * PAGE,))
    for first in range(0, len(events), _BLOCK):
        block = np.asarray(events[first : first + _BLOCK])
        place[_slots(pages, block)] = np.arange(first + 1, first + 1 + len(block), dtype=np.int32)
    place.flush()
    if (found := np.count_nonzero(place)) != len(events):
        raise TimelineError(f"timeline: expected each event number once, found {found} of {len(events)}: the relation has events twice")


def find(pages: Int64, place: Int32, events: Int64) -> Int32:
    """The position of each event; MISSING where it is not in the part."""
    from clew.timelines.kernels.places import positions

    out = np.empty(len(events), np.int32)
    positions(fixed(pages, np.int64), fixed(place, np.int32), _BITS, fixed(events, np.int64), out)
    return out


def _slots(pages: Int64, events: Int64) -> Int64:
    return (np.searchsorted(pages, events >> _BITS) << _BITS) + (events & (PAGE - 1))
