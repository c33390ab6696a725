from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.web import numbers


@given(st.integers(0, 10**15))
def test_a_tile_has_three_digits_and_is_near(n: int) -> None:
    digits, _, unit = numbers.tile(n).partition(" ")
    assert len(digits.replace(".", "")) <= 3
    said = float(digits) * 1000 ** (" kMGTPE".index(unit) if unit else 0)
    assert abs(said - n) <= 0.005 * n


@pytest.mark.parametrize(
    ("now", "before", "text", "mood"),
    [
        (110, 100, "▲ 10.0 %", "good"),
        (90, 100, "▼ 10.0 %", "bad"),
        (100, 100, "no change", ""),
        (100.01, 100, "no change", ""),
        (5, 0, "none before", ""),
        (0, 0, "", ""),
        (0, 4, "▼ 100.0 %", "bad"),
    ],
)
def test_changes_of_counts(now: float, before: float, text: str, mood: str) -> None:
    assert numbers.change(now, before) == (text, mood)


@pytest.mark.parametrize(
    ("now", "before", "text", "mood"),
    [(0.5, 0.4, "▲ 10.0 points", "bad"), (0.4, 0.5, "▼ 10.0 points", "good"), (None, 0.5, "", ""), (0.5, None, "", ""), (0.5, 0.5, "no change", "")],
)
def test_changes_of_rates(now: float | None, before: float | None, text: str, mood: str) -> None:
    assert numbers.points(now, before) == (text, mood)
