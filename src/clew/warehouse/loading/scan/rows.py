"""Room for the rows of plain lines, and how a value is put there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clew.warehouse.loading.scan.arrays import Bools, Bytes, Ints, Words
from clew.warehouse.loading.scan.compiling import part
from clew.warehouse.loading.scan.members import BATCH_INDEX, FIRST_NUMBER, MEMBERS, NUMBERS, TEXTS
from clew.warehouse.loading.scan.shapes import PATHS
from clew.warehouse.loading.scan.values import BACKSLASH, MINUS, NOT, QUOTE, ZERO, digits_end


class Columns(NamedTuple):
    """Room for the rows of plain lines."""

    place: Ints
    """Of the line."""
    numbers: Ints
    given: Bools
    active: Bools
    learned: Bools
    told: Bools
    """Whether `learned` says all there is to say of the shape."""
    views: Words
    there: Bools
    beside: Words
    """The texts of the context that `clew.events` has as columns."""
    beside_there: Bools
    beside_told: Bools
    """Whether they are these: plain texts, or not there."""
    message: Bytes
    """The messages without their pieces, one after the other."""
    ends: NDArray[np.int32]
    members: Ints
    """Room for the places of a line's members."""
    buffer: Words
    """The number, among the buffers of texts, of the one whose lines are taken now."""


def columns(rows: int, size: int) -> Columns:
    """Room for `rows` lines of `size` bytes in all. What is not there is an empty text: the database looks at it all the same."""
    return Columns(
        np.empty(rows, np.int64),
        np.empty((len(NUMBERS), rows), np.int64),
        np.empty((len(NUMBERS), rows), np.bool_),
        np.empty(rows, np.bool_),
        np.empty(rows, np.bool_),
        np.empty(rows, np.bool_),
        np.zeros((len(TEXTS) + 2, rows, 4), np.uint32),
        np.empty((len(TEXTS) + 2, rows), np.bool_),
        np.zeros((len(PATHS), rows, 4), np.uint32),
        np.empty((len(PATHS), rows), np.bool_),
        np.empty(rows, np.bool_),
        np.empty(size, np.uint8),
        np.zeros(rows + 1, np.int32),
        np.empty((len(MEMBERS), 2), np.int64),
        np.zeros(1, np.uint32),
    )


@part
def take_text(data: Bytes, begin: int, end: int, to: Columns, column: int, row: int) -> bool:
    """An empty text is none."""
    to.there[column, row] = begin != NOT and data[begin] == QUOTE and end - begin > 2
    if begin == NOT or (end - begin == 2 and data[begin] == QUOTE):
        return True
    if data[begin] != QUOTE:
        return bool(data[begin] == ord("n"))
    for place in range(begin + 1, end - 1):
        if data[place] == BACKSLASH:
            return False
    view(data, begin + 1, end - 1, to.views[column, row], to.buffer[0])
    return True


@part
def take_number(data: Bytes, begin: int, end: int, to: Columns, column: int, row: int) -> bool:
    to.given[column, row] = begin != NOT
    if begin == NOT:
        return True
    negative = data[begin] == MINUS
    if end - begin - negative > 18 or digits_end(data, begin + negative, end) != end or begin + negative == end:
        return False
    number = 0
    for place in range(begin + negative, end):
        number = 10 * number + (data[place] - ZERO)
    to.numbers[column, row] = -number if negative else number
    return column != BATCH_INDEX - FIRST_NUMBER or number < 2**31


@part
def take_object(data: Bytes, place: Ints, to: Columns, column: int, row: int) -> None:
    to.there[column, row] = place[0] != NOT
    if place[0] != NOT:
        view(data, place[0], place[1], to.views[column, row], to.buffer[0])


@part
def view(data: Bytes, begin: int, end: int, to: Words, buffer: int) -> None:
    """A text in Arrow's form: its length, and its bytes if there are at most 12; else its first four, the buffer's number and the place there."""
    to[0], to[1], to[2], to[3] = end - begin, 0, 0, 0
    for place in range(min(end - begin, 12 if end - begin <= 12 else 4)):
        to[1 + (place >> 2)] |= np.uint32(data[begin + place]) << np.uint32(8 * (place & 3))
    if end - begin > 12:
        to[2], to[3] = buffer, begin


@part
def copy(data: Bytes, begin: int, end: int, to: Bytes, at: int) -> int:
    for place in range(end - begin):
        to[at + place] = data[begin + place]
    return at + end - begin
