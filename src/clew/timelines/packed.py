"""Many integers, counted in two threads: those that are alike, or what stands in some of their bits. The lowest bit of each is a mark."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from clew.timelines.blocks import THREADS
from clew.timelines.columns import Any1D, Int64

_A_BUCKET = 4096


class Distinct(NamedTuple):
    """Values (keys without the mark), how many keys have each, and how many of these are marked."""

    values: Any1D
    counts: Any1D
    marked: Any1D

    def most_frequent(self, top: int) -> Distinct:
        """The `top` most frequent and all that come as often as the last of these. Most come once, which is hard on a partition."""
        reaching = np.bincount(self.counts)[::-1].cumsum()[::-1]
        least = np.flatnonzero(reaching >= min(top, len(self.counts)))[-1:]
        chosen = np.flatnonzero(self.counts >= least)
        return Distinct(*(column[chosen] for column in self))


def tally(blocks: Sequence[Any1D], bits: int, shifts: Sequence[int]) -> list[Int64]:
    """For each shift, how many keys have which value in so many bits from it on."""
    from clew.timelines.kernels import packed as compiled

    def counted(shift: int) -> Int64:
        counts = np.zeros(1 << bits, np.int64)
        for keys in blocks:
            compiled.tally(keys, shift, bits, counts)
        return counts

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(counted, shifts))


def most_frequent(blocks: Sequence[Any1D], top: int) -> Distinct:
    """The `top` most frequent values and all that come as often as the last of these, in any order. At most 2^31 keys alike.

    Keys go to buckets by a hash, so that those of a bucket find room in a processor's cache, and those alike are in one.
    """
    from clew.timelines.kernels import packed as compiled

    size = sum(map(len, blocks))
    bits = max(1, (size // _A_BUCKET).bit_length())
    counts, keys = np.zeros((len(blocks), 1 << bits), np.int64), np.empty(size, np.uint64)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda n: compiled.sizes(blocks[n], bits, counts[n]), range(len(blocks))))
        edges = np.append(0, np.cumsum(counts.sum(axis=0)))
        begin = (edges[:-1] + np.cumsum(counts, axis=0) - counts).astype(np.uint64)
        list(pool.map(lambda n: compiled.scatter(blocks[n], bits, begin[n], keys), range(len(blocks))))
        cuts = np.searchsorted(edges, np.linspace(0, size, THREADS + 1)[1:-1])
        shares = itertools.pairwise([0, *cuts.tolist(), 1 << bits])
        found = list(pool.map(lambda share: _distinct(keys, edges, bits, share).most_frequent(top), shares))
    return Distinct(*(np.concatenate(columns) for columns in zip(*found, strict=True))).most_frequent(top)


def _distinct(keys: Any1D, edges: Int64, bits: int, share: tuple[int, int]) -> Distinct:
    """Those of the buckets from one to before another."""
    from clew.timelines.kernels import packed as compiled

    sizes = np.diff(edges[share[0] : share[1] + 1])
    size, longest = int(sizes.sum()), int(sizes.max(initial=1))
    found = Distinct(np.empty(size, np.uint64), np.empty(size, np.int32), np.empty(size, np.int32))
    slots = np.empty(1 << (2 * longest - 1).bit_length(), np.int32)
    last = compiled.distinct(keys, edges, bits, *share, slots, *found)
    return Distinct(*(column[:last] for column in found))
