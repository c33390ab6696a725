"""Many integers, counted. The lowest bit of each is a mark that does not tell them apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from clew.timelines.columns import Any1D, Int64
from clew.timelines.kernels.compiling import borrower

_1 = np.uint64(1)
_HALF = np.uint64(32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@borrower
def tally(keys: Any1D, shift: int, bits: int, counts: Int64) -> None:
    """Add to `counts` how many keys have which value in so many bits from `shift` on."""
    mask = (_1 << np.uint64(bits)) - _1
    for n in range(len(keys)):
        counts[(keys[n] >> np.uint64(shift)) & mask] += 1


@borrower
def _spread(value: Any) -> Any:
    """A number whose high bits hang on all bits of the value."""
    return (value ^ (value >> _HALF)) * _SPREAD


@borrower
def sizes(keys: Any1D, bits: int, counts: Int64) -> None:
    """Add to `counts` how many keys go to each of 2^bits buckets; at least 2."""
    for n in range(len(keys)):
        counts[_spread(keys[n] >> _1) >> np.uint64(64 - bits)] += 1


@borrower
def scatter(keys: Any1D, bits: int, at: Any1D, out: Any1D) -> None:
    """Put each key into its bucket, from `at` on, which moves on."""
    for n in range(len(keys)):
        bucket = _spread(keys[n] >> _1) >> np.uint64(64 - bits)
        out[at[bucket]] = keys[n]
        at[bucket] += _1


@borrower
def distinct(keys: Any1D, edges: Int64, bits: int, first: int, last: int, slots: Any1D, values: Any1D, counts: Any1D, marked: Any1D) -> int:
    """The values (keys without the mark) in these buckets of `scatter`, how often each comes, and how often with the mark. Returns how many.

    `slots` is room for the longest: at least twice as many as it has keys, a power of two from 2 on.
    """
    found = 0
    for bucket in range(first, last):
        own, width = keys[edges[bucket] : edges[bucket + 1]], 1
        while (1 << width) < 2 * len(own):
            width += 1
        found += _distinct(own, 64 - bits - width, slots[: 1 << width], values[found:], counts[found:], marked[found:])
    return found


@borrower
def _distinct(keys: Any1D, shift: int, slots: Any1D, values: Any1D, counts: Any1D, marked: Any1D) -> int:
    """Each value is found again by the slot that says where it is: its own, or the next free one. Half of the slots stay free."""
    found, mask = 0, np.uint64(len(slots) - 1)
    slots[:] = -1
    for n in range(len(keys)):
        value, mark = keys[n] >> _1, keys[n] & _1
        slot = (_spread(value) >> np.uint64(shift)) & mask
        while slots[slot] >= 0 and values[slots[slot]] != value:
            slot = (slot + _1) & mask
        place = slots[slot]
        if place < 0:
            place = slots[slot] = found
            values[found], counts[found], marked[found] = value, 0, 0
            found += 1
        counts[place] += 1
        marked[place] += np.int32(mark)
    return found
