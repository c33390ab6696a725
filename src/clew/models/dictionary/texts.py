"""Texts by their bytes, eight at a time: hashes, comparison, and the table that finds them."""

from __future__ import annotations

import numpy as np

from clew.models.dictionary.arrays import BEGIN, LENGTH, ROLES, SHAPE, SPACE, Bytes, Column, Share, Words
from clew.warehouse.loading.scan.compiling import inlined

HALF = np.uint64(32)
_PLACE = np.uint64(0xFFFFFFFF)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@inlined
def word(data: Bytes, at: int) -> np.uint64:
    """The eight bytes at `at`: the compiler makes one load of it."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + 1]) << np.uint64(8)
        | np.uint64(data[at + 2]) << np.uint64(16)
        | np.uint64(data[at + 3]) << np.uint64(24)
        | np.uint64(data[at + 4]) << np.uint64(32)
        | np.uint64(data[at + 5]) << np.uint64(40)
        | np.uint64(data[at + 6]) << np.uint64(48)
        | np.uint64(data[at + 7]) << np.uint64(56)
    )


@inlined
def mixed(hashed: np.uint64, bits: np.uint64) -> np.uint64:
    product = (hashed ^ bits) * _FACTOR
    return product ^ (product >> HALF)


@inlined
def hash_of(data: Bytes, begin: int, end: int, seed: np.uint64) -> np.uint64:
    """Of the bytes from `begin` to `end`; the last eight may overlap those before."""
    hashed = mixed(seed, np.uint64(end - begin))
    if end - begin < 8:
        for at in range(begin, end):
            hashed = mixed(hashed, np.uint64(data[at]))
    else:
        for at in range(begin, end - 8, 8):
            hashed = mixed(hashed, word(data, at))
        hashed = mixed(hashed, word(data, end - 8))
    return mixed(hashed, _FACTOR)


@inlined
def is_same(data: Bytes, begin: int, end: int, text: Bytes, first: int) -> bool:
    """Whether `text` from `first` on has the bytes from `begin` to `end`."""
    shift = first - begin
    if end - begin < 8:
        for at in range(begin, end):  # noqa: SIM110 - compiled as it stands
            if data[at] != text[at + shift]:
                return False
        return True
    for at in range(begin, end - 8, 8):
        if word(data, at) != word(text, at + shift):
            return False
    return bool(word(data, end - 8) == word(text, end - 8 + shift))


@inlined
def added(share: Share, column: Column, row: int, shape: int) -> int:
    """The place of a text that is new, after all others. There is room."""
    place, first, begin = share.used[0], share.used[1], column.ends[row]
    size = column.ends[row + 1] - begin
    for at in range(size):
        share.text[first + at] = column.data[begin + at]
    share.known[place, BEGIN], share.known[place, SHAPE], share.target[place] = first, shape, 0
    share.used[0], share.used[1] = place + 1, first + size
    return int(place)


@inlined
def place_of(share: Share, column: Column, row: int, space: int, hashed: np.uint64) -> int:
    """The place of the text in the share, added if it is new."""
    last = np.uint64(len(share.slots) - 1)
    slot, begin, end = hashed & last, column.ends[row], column.ends[row + 1]
    shape = np.int64(end - begin) << LENGTH | np.int64(space) << SPACE
    while share.slots[slot]:
        held = share.slots[slot]
        if held >> HALF == hashed >> HALF:
            place = int(held & _PLACE) - 1
            is_alike = share.known[place, SHAPE] | ROLES == shape | ROLES
            if is_alike and is_same(column.data, begin, end, share.text, share.known[place, BEGIN]):
                return place
        slot = (slot + np.uint64(1)) & last
    new = added(share, column, row, int(shape))
    share.slots[slot] = hashed >> HALF << HALF | np.uint64(new + 1)
    return new


@inlined
def draw_near(share: Share, hashes: Words, count: int) -> int:
    """Look at all that `place_of` will mostly look at for the rows in `near`, so that the processor waits for many pieces of memory at a time."""
    last, looked = np.uint64(len(share.slots) - 1), np.uint64(0)
    for n in range(count):
        looked ^= share.slots[hashes[share.near[n]] & last]
    for n in range(count):
        place = max(int(share.slots[hashes[share.near[n]] & last] & _PLACE) - 1, 0)
        looked ^= np.uint64(share.known[place, BEGIN])
    for n in range(count):
        place = max(int(share.slots[hashes[share.near[n]] & last] & _PLACE) - 1, 0)
        looked ^= np.uint64(share.text[share.known[place, BEGIN]])
    return int(looked)
