"""Following each alias along the edges to its end, all at once: pointer doubling over arrays.

After k rounds every pointer spans 2^k hops, so a chain of a million renames takes twenty rounds. `sql/universal_alias_mapping.sql` is the definition.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.signedinteger[Any]]


class Followed(NamedTuple):
    """For each edge, in the order given: where its alias ends, after how many hops, and whether it stands in a cycle."""

    root: Integers
    hops: Integers
    in_cycle: npt.NDArray[np.bool_]


def follow(alias: Integers, target: Integers, seen_at: Integers, ranks: Callable[[Integers], Integers]) -> Followed:
    """The end of every alias. One edge an alias; `alias` and `target` are small positive integers, `seen_at` orders the edges.

    A cycle ends at the target of its newest edge, by (seen_at, target, alias); `ranks` gives the order of the texts of some of them.
    """
    size = int(max(alias.max(initial=0), target.max(initial=0))) + 1
    pointer = np.arange(size, dtype=np.int32)
    pointer[alias] = target
    cyclic = _in_cycles(pointer)
    nodes = np.flatnonzero(cyclic)
    age = np.zeros(size, np.int64)
    age[alias] = seen_at
    ends = _newest_targets(pointer, nodes, age, ranks)
    pointer[ends] = ends
    root, hops = _double(pointer)
    return Followed(root[alias], hops[alias], cyclic[alias])


def _double(pointer: Integers) -> tuple[Integers, Integers]:
    """Roots, which point at themselves, and the hops to them. Nothing may run in a circle."""
    hops = (pointer != np.arange(len(pointer), dtype=np.int32)).astype(np.int32)
    while True:
        further = pointer[pointer]
        if np.array_equal(further, pointer):
            return pointer, hops
        hops += hops[pointer]
        pointer = further


def _in_cycles(pointer: Integers) -> npt.NDArray[np.bool_]:
    """Which nodes lie on a cycle of two or more: those that are still reached after more hops than there are nodes."""
    reached = pointer
    for _ in range(len(pointer).bit_length()):
        further = reached[reached]
        if np.array_equal(further, reached):
            break
        reached = further
    on_cycle = np.zeros(len(pointer), bool)
    on_cycle[reached] = True
    moving: npt.NDArray[np.bool_] = pointer != np.arange(len(pointer))
    return on_cycle & moving


def _newest_targets(pointer: Integers, nodes: Integers, age: Integers, ranks: Callable[[Integers], Integers]) -> Integers:
    """For each cycle among `nodes`, the target of its newest edge: each node learns the best edge within 2^k hops until all know it."""
    if not len(nodes):
        return nodes
    at = np.searchsorted(nodes, pointer[nodes])
    text = ranks(nodes)
    order = np.lexsort((text, text[at], age[nodes]))
    best = np.empty(len(nodes), np.int64)
    best[order] = np.arange(len(nodes))
    for _ in range(len(nodes).bit_length()):
        best = np.maximum(best, best[at])
        at = at[at]
    newest: Integers = np.unique(pointer[nodes[order[best]]])
    return newest
