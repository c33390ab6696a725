"""The pass over lines: from the bytes of plain ones to the columns that the database takes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clew.messages import TYPES
from clew.warehouse.scan.arrays import Bools, Bytes, Ints, Words
from clew.warehouse.scan.compiling import compiled, part
from clew.warehouse.scan.members import (
    ACTIVITY,
    BATCH_INDEX,
    CONTEXT,
    EVENT,
    FIRST_NUMBER,
    MEMBERS,
    MESSAGE,
    NUMBERS,
    PROPERTIES,
    SOURCE,
    TEXTS,
    TRAITS,
    TYPE,
    find,
    names,
    which,
)
from clew.warehouse.scan.shapes import FULL, LEARNED, OPEN, PATHS, STRANGE, Shapes, child, learn
from clew.warehouse.scan.values import BACKSLASH, MINUS, NOT, OPEN_OBJECT, QUOTE, ZERO, digits_end

PAYLOAD, BESIDE = len(TEXTS), len(TEXTS) + 1
"""Columns of text after TEXTS: properties or traits, and the context."""
_TEXTS, _NUMBERS, _PATHS = len(TEXTS), len(NUMBERS), len(PATHS)
_TYPES = names(TYPES, TYPES)
_TRACK, _IDENTIFY, _GROUP, _ALIAS = (TYPES.index(name) for name in ("track", "identify", "group", "alias"))
_CUT = 2
"""A piece of no more bytes stays in the message."""


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


def columns(rows: int, size: int) -> Columns:
    """Room for `rows` lines of `size` bytes in all. What is not there is an empty text: the database looks at it all the same."""
    return Columns(
        np.empty(rows, np.int64),
        np.empty((_NUMBERS, rows), np.int64),
        np.empty((_NUMBERS, rows), np.bool_),
        np.empty(rows, np.bool_),
        np.empty(rows, np.bool_),
        np.empty(rows, np.bool_),
        np.zeros((_TEXTS + 2, rows, 4), np.uint32),
        np.empty((_TEXTS + 2, rows), np.bool_),
        np.zeros((len(PATHS), rows, 4), np.uint32),
        np.empty((len(PATHS), rows), np.bool_),
        np.empty(rows, np.bool_),
        np.empty(size, np.uint8),
        np.zeros(rows + 1, np.int32),
        np.empty((len(MEMBERS), 2), np.int64),
    )


@compiled
def scan(data: Bytes, ends: Ints, to: Columns, shapes: Shapes) -> int:
    """Takes the lines apart that end in `data` at `ends` (the first begins at the first of these); returns how many are plain."""
    places, row = to.members, 0
    for line in range(len(ends) - 1):
        if find(data, ends[line], ends[line + 1], places) and take(data, places, to, row, shapes):
            to.place[row] = line
            row += 1
    return row


@part
def take(data: Bytes, places: Ints, to: Columns, row: int, shapes: Shapes) -> bool:
    """The row of a line; whether its members are of their usual sorts."""
    for text in range(_TEXTS):
        if not take_text(data, places[text, 0], places[text, 1], to, text, row):
            return False
    for number in range(_NUMBERS):
        if not take_number(data, places[FIRST_NUMBER + number, 0], places[FIRST_NUMBER + number, 1], to, number, row):
            return False
    for member in (PROPERTIES, TRAITS, CONTEXT):
        if places[member, 0] != NOT and data[places[member, 0]] != OPEN_OBJECT:
            return False
    kind = which(_TYPES, data, places[TYPE, 0] + 1, places[TYPE, 1] - 1) if to.there[TYPE, row] else NOT
    if kind == NOT or not (to.there[SOURCE, row] and to.there[2, row] and to.given[0, row] and to.given[1, row]):
        return False
    if places[ACTIVITY, 0] != NOT and data[places[ACTIVITY, 0]] != ord("t") and data[places[ACTIVITY, 0]] != ord("f"):
        return False
    to.active[row] = places[ACTIVITY, 0] == NOT or data[places[ACTIVITY, 0]] == ord("t")
    payload = TRAITS if kind in (_IDENTIFY, _GROUP, _ALIAS) else PROPERTIES
    take_object(data, places[payload], to, PAYLOAD, row)
    take_object(data, places[CONTEXT], to, BESIDE, row)
    take_message(data, places, NOT if kind == _IDENTIFY else payload, to, row)
    shapes.places[:] = NOT
    found = shape(data, places, kind, NOT if kind == _IDENTIFY else payload, shapes)
    to.learned[row], to.told[row] = found & LEARNED, found & LEARNED or not found & OPEN
    to.beside_told[row] = not found & STRANGE and take_beside(data, shapes, to, row)
    return True


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
    view(data, begin + 1, end - 1, to.views[column, row])
    return True


@part
def take_beside(data: Bytes, shapes: Shapes, to: Columns, row: int) -> bool:
    """Whether the context's texts are plain ones, which are noted."""
    for column in range(_PATHS):
        begin, end = shapes.places[column, 0], shapes.places[column, 1]
        to.beside_there[column, row] = begin != NOT and data[begin] == QUOTE
        if begin != NOT and data[begin] == QUOTE:
            for place in range(begin + 1, end - 1):
                if data[place] == BACKSLASH:
                    return False
            view(data, begin + 1, end - 1, to.beside[column, row])
        elif begin != NOT and data[begin] != ord("n"):
            return False
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
        view(data, place[0], place[1], to.views[column, row])


@part
def view(data: Bytes, begin: int, end: int, to: Words) -> None:
    """A text in Arrow's form: its length, and its bytes if there are at most 12; else its first four, the buffer's number and the place there."""
    to[0], to[1], to[2], to[3] = end - begin, 0, 0, 0
    for place in range(min(end - begin, 12 if end - begin <= 12 else 4)):
        to[1 + (place >> 2)] |= np.uint32(data[begin + place]) << np.uint32(8 * (place & 3))
    if end - begin > 12:
        to[3] = begin


@part
def take_message(data: Bytes, places: Ints, payload: int, to: Columns, row: int) -> None:
    """The message without its pieces, each of which leaves its mark."""
    at, begin, end = int(to.ends[row]), places[MESSAGE, 0], places[MESSAGE, 1]
    first, first_mark, second, second_mark = payload, 1, CONTEXT, 2
    if payload == NOT or places[payload, 0] > places[CONTEXT, 0]:
        first, first_mark, second, second_mark = CONTEXT, 2, payload, 1
    for piece, mark in ((first, first_mark), (second, second_mark)):
        if piece != NOT and places[piece, 1] - places[piece, 0] > _CUT:
            at = copy(data, begin, places[piece, 0], to.message, at)
            to.message[at] = mark
            at += 1
            begin = places[piece, 1]
    to.ends[row + 1] = copy(data, begin, end, to.message, at)


@part
def copy(data: Bytes, begin: int, end: int, to: Bytes, at: int) -> int:
    for place in range(end - begin):
        to[at + place] = data[begin + place]
    return at + end - begin


@part
def shape(data: Bytes, places: Ints, kind: int, payload: int, shapes: Shapes) -> int:
    """What `learn` says of payload and context, each by source, type and event. Where `payload` is NOT, the database looks at it."""
    node = child(shapes, 0, data, places[SOURCE, 0] + 1, places[SOURCE, 1] - 1)
    if node != FULL:
        node = child(shapes, node, data, places[TYPE, 0] + 1, places[TYPE, 1] - 1)
    if node != FULL and kind == _TRACK and places[EVENT, 0] != NOT and data[places[EVENT, 0]] == QUOTE:
        node = child(shapes, node, data, places[EVENT, 0] + 1, places[EVENT, 1] - 1)
    if node == FULL:
        return OPEN | STRANGE
    found = OPEN if payload == NOT else 0
    if payload != NOT and places[payload, 0] != NOT:
        found |= learn(shapes, node, data, places[payload, 0], places[payload, 1])
    if places[CONTEXT, 0] != NOT:
        found |= learn(shapes, -node, data, places[CONTEXT, 0], places[CONTEXT, 1])
    return found
