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
    pointer, hops, cyclic = np.arange(size, dtype=np.int32), np.zeros(size, np.int32), np.zeros(size, bool)
    pointer[alias], hops[alias] = target, 1
    is_end = pointer == np.arange(size, dtype=np.int32)
    circling = _double(pointer, hops, is_end, alias)
    if len(circling):
        cyclic[pointer[circling]] = True
        age, following = np.zeros(size, np.int64), np.zeros(size, np.int32)
        age[alias], following[alias] = seen_at, target
        ends = _newest_targets(following, np.flatnonzero(cyclic), age, ranks)
        pointer[circling], hops[circling] = following[circling], 1
        pointer[ends], hops[ends], is_end[ends] = ends, 0, True
        _double(pointer, hops, is_end, circling)
    return Followed(pointer[alias], hops[alias], cyclic[alias])


def _double(pointer: Integers, hops: Integers, is_end: npt.NDArray[np.bool_], moving: Integers) -> Integers:
    """Move the pointers of some nodes along to their ends, and count the hops. Most are there after a few rounds.

    Those that have no end are returned: by then they have gone so far that they point into a cycle.
    """
    for _ in range(len(moving).bit_length() + 1):
        there = pointer[moving]
        goes_on = ~is_end[there]
        moving, there = moving[goes_on], there[goes_on]
        if not len(moving):
            break
        hops[moving] += hops[there]
        pointer[moving] = pointer[there]
    return moving


def _newest_targets(pointer: Integers, nodes: Integers, age: Integers, ranks: Callable[[Integers], Integers]) -> Integers:
    """For each cycle among `nodes`, the target of its newest edge: each node learns the best edge within 2^k hops until all know it."""
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
