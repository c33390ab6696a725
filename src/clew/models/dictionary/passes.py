"""The passes over a batch of messages. Each is asked of every share, by a thread of its own, but for the hashes, which are shared out by rows."""

from __future__ import annotations

import numpy as np

from clew.models.dictionary.arrays import (
    BEGIN,
    FIRST,
    LAST,
    LENGTH,
    NOBODY,
    ROLES,
    SHAPE,
    SPACE,
    SPACES,
    Bytes,
    Column,
    Found,
    Ints,
    Longs,
    Share,
    Words,
)
from clew.models.dictionary.texts import HALF, draw_near, hash_of, place_of
from clew.warehouse.loading.scan.compiling import compiled, inlined


@inlined
def is_there(column: Column, row: int) -> bool:
    bit = row + column.offset
    return len(column.valid) == 0 or bool(column.valid[bit >> 3] >> (bit & 7) & 1)


@compiled
def hash_texts(column: Column, space: Ints, seed: np.uint64, shares: int, found: Found) -> None:
    """The hash of each text of a column, with its space, and whose share it is in."""
    for row in range(len(space)):
        if is_there(column, row):
            hashed = hash_of(column.data, column.ends[row], column.ends[row + 1], seed + np.uint64(space[row]))
            found.hash[row] = hashed
            found.owner[row] = (hashed >> np.uint64(48)) * np.uint64(shares) >> np.uint64(16)
        else:
            found.owner[row] = NOBODY


@inlined
def note(share: Share, place: int, at: int, role: int) -> None:
    known = share.known
    if known[place, SHAPE] & ROLES == 0:
        known[place, FIRST] = known[place, LAST] = at
    elif at < known[place, FIRST]:
        known[place, FIRST] = at
    elif at > known[place, LAST]:
        known[place, LAST] = at
    known[place, SHAPE] |= role


@inlined
def gather(share: Share, number: int, owner: Bytes, begin: int, end: int) -> int:
    """Put the rows from `begin` to `end` that share `number` owns into `near`. How many."""
    count = 0
    for row in range(begin, end):
        share.near[count] = row
        count += owner[row] == number
    return count


@compiled
def find_texts(share: Share, number: int, column: Column, space: Ints, at: Longs, role: int, found: Found) -> int:
    """The place of each text that share `number` owns, and that it was seen in this role. With role 0 it was not seen."""
    looked = 0
    for begin in range(0, len(space), len(share.near)):
        count = gather(share, number, found.owner, begin, min(begin + len(share.near), len(space)))
        looked ^= draw_near(share, found.hash, count)
        for n in range(count):
            row = share.near[n]
            place = place_of(share, column, row, space[row], found.hash[row])
            found.place[row] = place
            if role:
                note(share, place, at[row], role)
    return looked


@compiled
def link(share: Share, number: int, shares: int, alias: Found, following: Found, at: Longs, chosen: Bytes) -> None:
    """That each alias that share `number` owns was seen to become the one beside it, in the chosen rows; `chosen` empty: in all."""
    for row in range(len(at)):
        if alias.owner[row] != number or following.owner[row] == NOBODY or (len(chosen) and not chosen[row]):
            continue
        place = alias.place[row]
        code = following.place[row] * shares + following.owner[row] + 1
        if code == place * shares + number + 1:
            continue
        if share.target[place] == 0:
            share.target[place], share.told[place] = code, at[row]
        elif share.target[place] != code:
            last = share.used[2]
            share.more[2 * last], share.more[2 * last + 1], share.more_told[last] = place, code, at[row]
            share.used[2] = last + 1
        elif at[row] > share.told[place]:
            share.told[place] = at[row]


@compiled
def fill_slots(share: Share, hashes: Words, seed: np.uint64) -> int:
    """Every identifier gets a slot, in a table that is new and empty. `hashes` has room for some: their slots are drawn near together."""
    last, looked = np.uint64(len(share.slots) - 1), np.uint64(0)
    for first in range(0, share.used[0], len(hashes)):
        count = min(len(hashes), share.used[0] - first)
        for n in range(count):
            begin, shape = share.known[first + n, BEGIN], share.known[first + n, SHAPE]
            hashes[n] = hash_of(share.text, begin, begin + (shape >> LENGTH), seed + np.uint64(shape >> SPACE & SPACES))
        for n in range(count):
            looked ^= share.slots[hashes[n] & last]
        for n in range(count):
            slot = hashes[n] & last
            while share.slots[slot]:
                slot = (slot + np.uint64(1)) & last
            share.slots[slot] = hashes[n] >> HALF << HALF | np.uint64(first + n + 1)
    return int(looked)
