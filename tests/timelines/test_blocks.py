"""Blocks of people, and when the compiler is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.timelines.oracle import Event
from tests.timelines.random_timelines import as_part

from clew.timelines import blocks
from clew.timelines.columns import match_kinds, part
from clew.timelines.funnel import Funnel, count, reach


def test_every_unit_is_in_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_LEAST_EVENTS", 3)
    rng = np.random.default_rng(7)
    for _ in range(50):
        people = [[Event(0, 0)] * int(n) for n in rng.choice([0, 0, 1, 2, 40], rng.integers(0, 30))]
        found = blocks.run([as_part(people), as_part([])], lambda place, part, first, last: (place, first, last))
        assert found[-1] == (1, 0, 0)
        edges = [(first, last) for place, first, last in found if place == 0]
        assert edges[0][0] == 0
        assert edges[-1][1] == len(people)
        assert all(a[1] == b[0] for a, b in pairwise(edges))


def test_blocks_do_not_change_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    people = [[Event(int(t), int(rng.integers(3))) for t in np.sort(rng.integers(0, 50, rng.integers(0, 12)))] for _ in range(500)]
    asked = match_kinds([[0], [1], [2]], 3), Funnel(steps=3, within=9)
    whole = reach([as_part(people)], *asked)
    monkeypatch.setattr(blocks, "_LEAST_EVENTS", 100)
    cut = reach([as_part(people)], *asked)
    assert all((a == b).all() for a, b in zip(whole, cut, strict=True))
    assert len(whole.unit) > 100


def test_memory_mapped_columns_are_read_as_they_are(tmp_path: Path) -> None:
    columns = {"start": [0, 2], "person": [7], "time": [0, 1], "kind": [0, 1], "is_activity": [1, 1], "session": [0, 0]}
    for name, values in columns.items():
        np.save(tmp_path / name, np.array(values, {"kind": "i4", "session": "i4", "is_activity": "u1"}.get(name, "i8")))
    mapped = part(**{name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in columns})
    assert count([mapped], match_kinds([[0], [1]], 2), Funnel(steps=2, within=1)).tolist() == [1, 1]


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 2 entries in 'kind' .* found 1"):
        part([0, 2], [7], [0, 1], [0], [1, 1], [0, 0])
    with pytest.raises(ValueError, match="'start' to go from 0 to 2, found 0 to 1"):
        part([0, 1], [7], [0, 1], [0, 0], [1, 1], [0, 0])
    with pytest.raises(ValueError, match="at least one part"):
        count([], match_kinds([[0]], 1), Funnel(steps=1, within=1))


def test_the_compiler_is_loaded_by_the_first_question_and_keeps_what_it_made(tmp_path: Path) -> None:
    code = f"""
import sys, pathlib
from clew.timelines import blocks, columns, funnel, lifecycle, paths, resession, retention, units
blocks.keep_compiled(pathlib.Path({str(tmp_path)!r}))
assert "numba" not in sys.modules
one = columns.part([0, 1], [0], [0], [0], [True], [0])
print(funnel.count([one], columns.match_kinds([[0]], 1), funnel.Funnel(steps=1, within=1)))
assert "numba" in sys.modules
"""
    env = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    assert subprocess.run([sys.executable, "-c", code], check=True, env=env, capture_output=True, text=True).stdout == "[1]\n"
    assert list(tmp_path.rglob("clew.timelines.kernels.ordered.levels-*.o"))
