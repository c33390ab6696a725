"""Putting what the database says of events at their places in a part."""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Bool, Int32, Int64, Masks
from clew.timelines.kernels.compiling import borrower


@borrower
def positions(page: Int64, place: Int32, bits: int, event: Int64, out: Int32) -> None:
    """The position of each event; -1 where it is not in the part. Pages hold 2 ** bits numbers, see `store.event_index`.

    Events come nearly in the order of their numbers: a page is looked up once for all of a run.
    """
    here, slot, within = -1, -1, (1 << bits) - 1
    for i in range(len(event)):
        if event[i] >> bits != here:
            here = event[i] >> bits
            found = _first_from(page, here)
            slot = found << bits if found < len(page) and page[found] == here else -1
        out[i] = place[slot + (event[i] & within)] - 1 if slot >= 0 else -1


@borrower
def _first_from(page: Int64, wanted: int) -> int:
    """Where the first page that is not before the wanted one stands."""
    low, high = 0, len(page)
    while low < high:
        middle = (low + high) // 2
        if page[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@borrower
def kinds(at: Int32, kind: Int32, out: Int32) -> None:
    """The kind of each event; 0 where it is not in the part."""
    for i in range(len(at)):
        out[i] = kind[at[i]] if at[i] >= 0 else 0


@borrower
def chosen(at: Int32, mask: Masks, bit: int, kind: Int32, of_kind: Bool, out: Int32) -> int:
    """The positions of the events that have a bit and whose kind is one of these. Returns how many."""
    size = 0
    for i in range(len(at)):
        out[size] = at[i]
        size += (at[i] >= 0) & ((mask[i] >> np.uint64(bit)) & np.uint64(1) != 0) & of_kind[kind[i]]
    return size


@borrower
def put(at: Int32, code: Int32, kind: Int32, of_kind: Bool, out: Int32) -> None:
    """Put the codes of the events whose kind is one of these at their positions."""
    for i in range(len(at)):
        if at[i] >= 0 and of_kind[kind[i]]:
            out[at[i]] = code[i]
