"""The members of a record that the warehouse wants, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clew.warehouse.loading.scan.arrays import Bytes, Ints
from clew.warehouse.loading.scan.compiling import part
from clew.warehouse.loading.scan.values import COMMA, NOT, OPEN_OBJECT, SHUT_OBJECT, key_end, value_end

TEXTS = ("source", "type", "message_id", "anonymousId", "userId", "previousId", "groupId", "event", "name", "category")
NUMBERS = ("received_at", "timestamp", "original_timestamp", "sent_at", "clock_shift", "batch_index")
MEMBERS = (*TEXTS, *NUMBERS, "properties", "traits", "context", "activity", "message")
"""Each has a number, its place here."""
SOURCE, TYPE, EVENT = (MEMBERS.index(name) for name in ("source", "type", "event"))
TIMESTAMP = NUMBERS.index("timestamp")
"""The numbers up to it are times that every record has."""
FIRST_NUMBER, BATCH_INDEX, PROPERTIES, TRAITS, CONTEXT, ACTIVITY, MESSAGE = (
    MEMBERS.index(name) for name in ("received_at", "batch_index", "properties", "traits", "context", "activity", "message")
)


class Names(NamedTuple):
    """Keys to look for, and their numbers."""

    bytes: NDArray[np.uint8]
    size: Ints
    member: Ints


def names(wanted: Sequence[str], numbered: Sequence[str]) -> Names:
    """The number of each is its place in `numbered`."""
    padded = np.zeros((len(wanted), 24), np.uint8)
    for row, name in zip(padded, wanted, strict=True):
        row[: len(name)] = list(name.encode())
    return Names(padded, np.array([len(name) for name in wanted]), np.array([numbered.index(name) for name in wanted]))


IN_STAMP = names((*TEXTS[:3], *NUMBERS, "message"), MEMBERS)
IN_MESSAGE = names((*TEXTS[3:], "properties", "traits", "context", "activity"), MEMBERS)


@part
def is_name(wanted: Names, row: int, data: Bytes, begin: int, end: int) -> bool:
    if wanted.size[row] != end - begin:
        return False
    for place in range(end - begin):  # noqa: SIM110 - compiled as it stands
        if data[begin + place] != wanted.bytes[row, place]:
            return False
    return True


@part
def which(wanted: Names, data: Bytes, begin: int, end: int) -> int:
    for row in range(len(wanted.size)):
        if is_name(wanted, row, data, begin, end):
            return int(wanted.member[row])
    return NOT


@part
def object_end(data: Bytes, at: int, end: int, wanted: Names, places: Ints, stop: int) -> int:
    """Notes where the values of an object's wanted members begin and end. `at` is after its brace; the result too, or where `stop`'s value begins."""
    if at < end and data[at] == SHUT_OBJECT:
        return at + 1
    while True:
        begin = at + 1
        at = key_end(data, at, end)
        if at == NOT:
            return NOT
        member = which(wanted, data, begin, at - 2)
        if member == stop and member != NOT:
            return at
        begin, at = at, value_end(data, at, end)
        if at == NOT or at >= end or (member != NOT and places[member, 0] != NOT):
            return NOT
        if member != NOT:
            places[member, 0], places[member, 1] = begin, at
        at += 1
        if data[at - 1] != COMMA:
            return at if data[at - 1] == SHUT_OBJECT else NOT


@part
def find(data: Bytes, at: int, end: int, places: Ints) -> bool:
    """Notes where the members of the record from `at` to `end` stand; whether it is plain. The message is its last member, and an object."""
    places[:] = NOT
    if at >= end or data[at] != OPEN_OBJECT:
        return False
    at = object_end(data, at + 1, end, IN_STAMP, places, MESSAGE)
    if at == NOT or at >= end or data[at] != OPEN_OBJECT:
        return False
    places[MESSAGE, 0] = at
    at = object_end(data, at + 1, end, IN_MESSAGE, places, NOT)
    places[MESSAGE, 1] = at
    return at != NOT and at + 1 == end and data[at] == SHUT_OBJECT
