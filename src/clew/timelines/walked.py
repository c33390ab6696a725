"""What pages show of paths: the most frequent ones, the names at each step, and the links between these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew.timelines import packed
from clew.timelines.columns import Any1D

OTHER = "(other)"


class Node(NamedTuple):
    """How many sequences have the name at the step (from 1)."""

    step: int
    name: str
    units: int


class Link(NamedTuple):
    """How many go from one name at the step to another at the next."""

    step: int
    source: str
    target: str
    units: int


class Path(NamedTuple):
    """A whole sequence, how many units have it, and how many of these hold the goal."""

    names: tuple[str, ...]
    units: int
    goal: int


class Walked(NamedTuple):
    """All sequences, in blocks, packed as `kernels.paths.sequences` says. Lists are ordered by count, most first, and then by name, as codes are."""

    blocks: Sequence[Any1D]
    labels: Sequence[Any1D]
    """For each step, what the codes from 0 (nothing) are called."""
    depth: int
    bits: int

    @property
    def sequences(self) -> int:
        """How many there are."""
        return sum(map(len, self.blocks))

    def top(self, most: int) -> list[Path]:
        """The most frequent."""
        found = packed.most_frequent(self.blocks, most)
        order = np.lexsort((found.values, -found.counts))[:most]
        value, count, marked = (column[order] for column in found)
        codes = [(value >> self._shift(step) - 1) & (2**self.bits - 1) for step in range(self.depth)]
        sizes = np.count_nonzero(codes, axis=0)
        names = zip(*(called[code] for called, code in zip(self.labels, codes, strict=True)), strict=True)
        rows = zip(names, sizes.tolist(), count.tolist(), marked.tolist(), strict=True)
        return [Path(path[:size], units, goal) for path, size, units, goal in rows]

    def steps(self) -> list[Node]:
        """The names at each step."""
        counts = packed.tally(self.blocks, self.bits, [self._shift(step) for step in range(self.depth)])
        return [
            Node(step + 1, self.labels[step][code], int(here[code]))
            for step, here in enumerate(counts)
            for code in np.argsort(-here[1:], kind="stable") + 1
            if here[code]
        ]

    def links(self) -> list[Link]:
        """From each step to the next."""
        pairs = packed.tally(self.blocks, 2 * self.bits, [self._shift(step) for step in range(1, self.depth)])
        return [link for step, counts in enumerate(pairs) for link in self._links(step, counts.reshape(2**self.bits, -1)[1:, 1:])]

    def _links(self, step: int, counts: Any1D) -> list[Link]:
        source, target = np.nonzero(counts)
        units = counts[source, target]
        order = np.argsort(-units, kind="stable")
        names = self.labels[step][source[order] + 1], self.labels[step + 1][target[order] + 1]
        return [Link(step + 1, *row) for row in zip(*names, units[order].tolist(), strict=True)]

    def _shift(self, step: int) -> int:
        """Where the step's code begins in a packed sequence."""
        return 1 + self.bits * (self.depth - 1 - step)
