"""The pass over lines: from the bytes of plain ones to the columns that the database takes."""

from __future__ import annotations

from clew.messages import TYPES
from clew.warehouse.loading.scan.arrays import Bytes, Ints
from clew.warehouse.loading.scan.compiling import compiled, part
from clew.warehouse.loading.scan.members import (
    ACTIVITY,
    CONTEXT,
    EVENT,
    FIRST_NUMBER,
    MESSAGE,
    NUMBERS,
    PROPERTIES,
    SOURCE,
    TEXTS,
    TIMESTAMP,
    TRAITS,
    TYPE,
    find,
    names,
    which,
)
from clew.warehouse.loading.scan.rows import Columns, copy, take_number, take_object, take_text, view
from clew.warehouse.loading.scan.shapes import FULL, LEARNED, OPEN, PATHS, STRANGE, Shapes, child, learn
from clew.warehouse.loading.scan.values import BACKSLASH, NOT, OPEN_OBJECT, QUOTE

PAYLOAD, BESIDE = len(TEXTS), len(TEXTS) + 1
"""Columns of text after TEXTS: properties or traits, and the context."""
_TEXTS, _NUMBERS, _PATHS = len(TEXTS), len(NUMBERS), len(PATHS)
_TYPES = names(TYPES, TYPES)
_TRACK, _IDENTIFY, _GROUP, _ALIAS = (TYPES.index(name) for name in ("track", "identify", "group", "alias"))
_CUT = 2
"""A piece of no more bytes stays in the message."""
NO_TIME = 253_402_300_800_000_000
"""Microseconds until the year 10000: no record comes from there."""


@compiled
def scan(data: Bytes, ends: Ints, first: int, to: Columns, row: int, shapes: Shapes) -> int:
    """Takes the lines apart that end in `data` at `ends` (the first begins at the first of these, and has the place `first`); the plain ones
    become rows from `row` on. Returns the row after these."""
    places = to.members
    for line in range(len(ends) - 1):
        if find(data, ends[line], ends[line + 1], places) and take(data, places, to, row, shapes):
            to.place[row] = first + line
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
        if number <= TIMESTAMP and not (to.given[number, row] and abs(to.numbers[number, row]) < NO_TIME):
            return False
    for member in (PROPERTIES, TRAITS, CONTEXT):
        if places[member, 0] != NOT and data[places[member, 0]] != OPEN_OBJECT:
            return False
    kind = which(_TYPES, data, places[TYPE, 0] + 1, places[TYPE, 1] - 1) if to.there[TYPE, row] else NOT
    if kind == NOT or not (to.there[SOURCE, row] and to.there[2, row]):
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
def take_beside(data: Bytes, shapes: Shapes, to: Columns, row: int) -> bool:
    """Whether the context's texts are plain ones, which are noted."""
    for column in range(_PATHS):
        begin, end = shapes.places[column, 0], shapes.places[column, 1]
        to.beside_there[column, row] = begin != NOT and data[begin] == QUOTE
        if begin != NOT and data[begin] == QUOTE:
            for place in range(begin + 1, end - 1):
                if data[place] == BACKSLASH:
                    return False
            view(data, begin + 1, end - 1, to.beside[column, row], to.buffer[0])
        elif begin != NOT and data[begin] != ord("n"):
            return False
    return True


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
