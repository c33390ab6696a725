"""Pointer doubling says what its SQL definition says, at any depth and around any cycle."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.config import Settings
from clew.models import model_sql
from clew.models.follow import follow

edges = st.dictionaries(st.integers(1, 12), st.tuples(st.integers(1, 12), st.integers(0, 5)), max_size=12).map(
    lambda found: [(alias, target, seen_at) for alias, (target, seen_at) in found.items() if alias != target]
)


def _follow(rows: list[tuple[int, int, int]]) -> set[tuple[int, int, bool, int]]:
    alias, target, seen_at = (np.array([row[n] for row in rows], np.int64) for n in range(3))
    found = follow(alias, target, seen_at)
    return {(int(a), int(r), bool(c), int(h)) for a, r, c, h in zip(alias, found.root, found.in_cycle, found.hops, strict=True)}


@settings(deadline=None, max_examples=150)
@given(edges)
def test_equals_the_sql(rows: list[tuple[int, int, int]]) -> None:
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute("CREATE TABLE alias_edges (alias_id INTEGER, next_id INTEGER, seen_at TIMESTAMP, is_latest BOOLEAN)")
        for row in rows:
            db.execute("INSERT INTO alias_edges VALUES (?, ?, make_timestamp(?::BIGINT), true)", row)
        assert set(db.execute(model_sql("alias_roots", Settings())).fetchall()) == _follow(rows)


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
    found = follow(alias, target, seen_at)
    assert np.array_equal(found.root[: len(pairs)], pairs + 1)
    assert (found.root[-1], found.hops[-1], found.in_cycle[-1]) == (2, 2, False)
