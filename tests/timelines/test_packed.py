"""Integers that are alike, counted: as a Counter does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines.random_timelines import relaxed

from clew.timelines import packed

HIGH = 2**63 - 1
keys = st.lists(st.one_of(st.integers(0, 9), st.integers(0, HIGH), st.integers(0, 3).map(lambda n: n << 61)), max_size=60)


@pytest.mark.parametrize("a_bucket", [1, 4, 4096])
@relaxed(150)
@given(blocks=st.lists(keys, min_size=1, max_size=3), times=st.integers(1, 3), top=st.integers(1, 40))
def test_the_most_frequent(monkeypatch: pytest.MonkeyPatch, a_bucket: int, blocks: list[list[int]], times: int, top: int) -> None:
    monkeypatch.setattr(packed, "_A_BUCKET", a_bucket)
    given_keys = [key for block in blocks for key in block] * times
    found = packed.most_frequent([np.array(block * times, np.uint64) for block in blocks], top)
    counts, marked = Counter(key >> 1 for key in given_keys), Counter(key >> 1 for key in given_keys if key & 1)
    least = min((count for _, count in counts.most_common(top)), default=0)
    rows = zip(*(column.tolist() for column in found), strict=True)
    assert sorted(rows) == sorted((value, count, marked[value]) for value, count in counts.items() if count >= least)


@relaxed(100)
@given(st.lists(keys, min_size=1, max_size=3), st.integers(1, 12), st.lists(st.integers(0, 50), max_size=3))
def test_what_stands_in_some_bits(blocks: list[list[int]], bits: int, shifts: list[int]) -> None:
    found = packed.tally([np.array(block, np.uint64) for block in blocks], bits, shifts)
    expected = [Counter((key >> shift) & (2**bits - 1) for block in blocks for key in block) for shift in shifts]
    assert [{value: count for value, count in enumerate(counts.tolist()) if count} for counts in found] == expected
