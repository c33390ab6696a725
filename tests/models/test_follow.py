"""Pointer doubling says what walking along the edges says, at any depth and around any cycle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.models.follow import follow

edges = st.dictionaries(st.integers(1, 12), st.tuples(st.integers(1, 12), st.integers(0, 5)), max_size=12).map(
    lambda found: [(alias, target, seen_at) for alias, (target, seen_at) in found.items() if alias != target]
)


def _follow(rows: list[tuple[int, int, int]]) -> set[tuple[int, int, bool, int]]:
    alias, target, seen_at = (np.array([row[n] for row in rows], np.int64) for n in range(3))
    found = follow(alias, target, seen_at, lambda ids: ids)
    return {(int(a), int(r), bool(c), int(h)) for a, r, c, h in zip(alias, found.root, found.in_cycle, found.hops, strict=True)}


def _walk(rows: list[tuple[int, int, int]]) -> set[tuple[int, int, bool, int]]:
    """The same, one step after the other. A cycle ends at the target of its newest edge, by (seen_at, target, alias)."""
    edges, found = {alias: (seen_at, target, alias) for alias, target, seen_at in rows}, set()
    for alias in edges:
        path = [alias]
        while path[-1] in edges and edges[path[-1]][1] not in path:
            path.append(edges[path[-1]][1])
        end = path[-1]
        if end in edges:
            circle = path[path.index(edges[end][1]) :]
            end = max(edges[node] for node in circle)[1]
        hops = path.index(end)
        found.add((alias, end, alias in edges and path[-1] in edges and alias in path[path.index(edges[path[-1]][1]) :], hops))
    return found


@settings(deadline=None, max_examples=300)
@given(edges)
def test_equals_a_walk(rows: list[tuple[int, int, int]]) -> None:
    assert _walk(rows) == _follow(rows)


def test_nothing() -> None:
    assert _follow([]) == set()


def test_a_chain_of_a_thousand_renames() -> None:
    found = _follow([(n, n + 1, n) for n in range(1, 1001)])
    assert found == {(n, 1001, False, 1001 - n) for n in range(1, 1001)}


@pytest.mark.parametrize("size", [2, 3, 4, 5, 1000])
def test_a_cycle_ends_at_the_target_of_its_newest_edge(size: int) -> None:
    newest = size // 2
    rows = [(n, n % size + 1, 100 if n == newest else n % 7) for n in range(1, size + 1)]
    assert {(root, cyclic) for _, root, cyclic, _ in _follow(rows)} == {(newest % size + 1, True)}


def test_many_short_cycles_and_what_hangs_on_them() -> None:
    pairs = np.arange(1, 200_001, 2)
    alias = np.concatenate([pairs, pairs + 1, [300_000]])
    target = np.concatenate([pairs + 1, pairs, [1]])
    seen_at = np.concatenate([np.full(len(pairs), 2), np.full(len(pairs), 1), [9]])
    found = follow(alias, target, seen_at, lambda ids: ids)
    assert np.array_equal(found.root[: len(pairs)], pairs + 1)
    assert (found.root[-1], found.hops[-1], found.in_cycle[-1]) == (2, 2, False)
