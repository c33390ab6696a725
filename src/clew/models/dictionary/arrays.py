"""The arrays that the passes work on. NumPy's, in Arrow's form where a column of the database is one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Words = NDArray[np.uint64]

NOBODY = 255
"""The owner of a missing identifier."""
SEEN, ANONYMOUS, USER = 1, 2, 4
"""Bits of a role."""
BEGIN, SHAPE, FIRST, LAST = 0, 1, 2, 3
"""Of an identifier: where its text begins; its length, space and roles; when it was first and when last seen."""
LENGTH, SPACE, SPACES, ROLES = 32, 8, 0xFFFFFF, 0xFF
"""In SHAPE, length and space stand from these bits on, the roles below; and how wide space and roles are."""


class Column(NamedTuple):
    """Texts in Arrow's form: text `n` is `data[ends[n]:ends[n + 1]]`."""

    ends: Ints
    data: Bytes
    valid: Bytes
    """A bit a text, from `offset` on, least first; empty where none is missing."""
    offset: int


class Found(NamedTuple):
    """What a pass finds of each text of a column."""

    hash: Words
    owner: Bytes
    """The share it belongs to, or NOBODY."""
    place: Ints
    """Its place in that share."""


class Share(NamedTuple):
    """The identifiers of one thread, each at its place, in the order in which they came."""

    slots: Words
    """A power of two of them, at most half in use. In the lower half place + 1, in the upper half a piece of the hash."""
    known: NDArray[np.int64]
    """A row for each, BEGIN to LAST, so that what is asked of one lies together."""
    text: Bytes
    target: Ints
    """The code of whom it was first seen to become (place * shares + share + 1); 0: nobody yet."""
    told: Longs
    """When last."""
    more: Ints
    """In pairs, place and code: sightings of becoming somebody else."""
    more_told: Longs
    used: Longs
    """How many identifiers there are, how many bytes of text, and how many in `more`."""
    near: Ints
    """Room for the rows that are worked on together."""
