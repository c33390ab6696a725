"""The pieces of a calendar as kernels look them up: an instant's piece is found through a table, without a search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.calendar import Calendar
from clew.timelines.columns import Int64, fixed

_ONE_PIECE = 62


class Axis(NamedTuple):
    """Times, from the first piece's start on, cut into slots of 2 ** `shift` microseconds."""

    start: Int64
    """The instant at which each piece starts; one more entry is later than all time."""
    number: Int64
    """The period of each piece."""
    piece: Int64
    """For each slot, the piece that holds its first instant. What is later than all slots belongs to the last one's or a later piece."""
    origin: int
    shift: int


NO_AXIS = Axis(fixed((), np.int64), fixed((), np.int64), fixed((), np.int64), 0, 0)
"""No pieces."""


def axis(pieces: Calendar, lowest: int = 0) -> Axis:
    """The pieces, with periods counted from `lowest`. A slot is at most as long as a piece is on average, so it seldom holds more than one edge."""
    origin, last = int(pieces.start[0]), int(pieces.start[-2])
    shift = ((last - origin) // (len(pieces.start) - 2)).bit_length() - 1 if last > origin else _ONE_PIECE
    slots = ((last - origin) >> shift) + 1
    first = origin + (np.arange(slots, dtype=np.int64) << shift)
    piece = np.searchsorted(pieces.start, first, "right") - 1
    return Axis(fixed(pieces.start, np.int64), fixed(pieces.number - lowest, np.int64), fixed(piece, np.int64), origin, shift)
