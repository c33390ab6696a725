"""Comparing shares, against published examples and the same in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import comb, erfc, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.stats import Share, compare, fisher, newcombe, wilson, z_test

NEWCOMBE = [
    # R. G. Newcombe, Interval estimation for the difference between independent proportions, 1998, table II, method 10.
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0),
    ((10, 10), (0, 10), 0.6075, 1.0),
]
WILSON = [
    # The same, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
    ((81, 263), 0.2553, 0.3662),
    ((15, 148), 0.0624, 0.1605),
    ((0, 20), 0.0, 0.1611),
    ((1, 29), 0.0061, 0.1718),
]


@pytest.mark.parametrize(("a", "b", "low", "high"), NEWCOMBE)
def test_newcombes_own_examples(a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
    assert newcombe(Share(*a), Share(*b)) == pytest.approx((low, high), abs=0.00006)


@pytest.mark.parametrize(("share", "low", "high"), WILSON)
def test_wilsons_interval(share: tuple[int, int], low: float, high: float) -> None:
    assert wilson(Share(*share)) == pytest.approx((low, high), abs=0.00006)


def test_fishers_own_examples() -> None:
    """The lady tasting tea; convictions of twins."""
    assert fisher(Share(3, 4), Share(1, 4)) == pytest.approx(17 / 35)
    assert fisher(Share(10, 13), Share(2, 17)) == pytest.approx(0.0005367241)


small = st.integers(1, 60).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))
large = st.integers(1, 10**7).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))


@given(small, small)
def test_fisher_is_exact(a: Share, b: Share) -> None:
    hits, total = a.hits + b.hits, a.of + b.of
    chances = {k: Fraction(comb(a.of, k) * comb(b.of, hits - k), comb(total, hits)) for k in range(max(0, hits - b.of), min(hits, a.of) + 1)}
    assert sum(chances.values()) == 1
    assert fisher(a, b) == pytest.approx(float(sum(chance for chance in chances.values() if chance <= chances[a.hits])), rel=1e-6)


@given(large, large)
def test_the_z_test_is_pearsons_chi_square(a: Share, b: Share) -> None:
    """Of a table of two by two without a correction, of one degree of freedom."""
    hits, missed = a.hits + b.hits, a.of + b.of - a.hits - b.hits
    if not hits or not missed:
        assert z_test(a, b) == 1.0
        return
    crossed = a.hits * (b.of - b.hits) - b.hits * (a.of - a.hits)
    chi_square = Fraction((a.of + b.of) * crossed**2, hits * missed * a.of * b.of)
    assert z_test(a, b) == pytest.approx(erfc(sqrt(chi_square / 2)), rel=1e-6, abs=1e-12)


@given(large, large)
def test_what_holds_of_every_difference(a: Share, b: Share) -> None:
    there, back = compare(a, b), compare(b, a)
    assert there is not None
    assert back is not None
    assert -1 - 1e-12 <= there.low <= there.difference + 1e-12
    assert there.difference - 1e-12 <= there.high <= 1 + 1e-12
    assert (back.difference, back.low, back.high) == pytest.approx((-there.difference, -there.high, -there.low), abs=1e-9)
    assert 0 <= there.p_value <= 1
    assert back.p_value == pytest.approx(there.p_value, rel=1e-6, abs=1e-12)
    assert back.test == there.test


def test_which_test_is_taken() -> None:
    pairs = [(Share(5, 10), Share(5, 10)), (Share(4, 10), Share(5, 10)), (Share(500, 10**6), Share(1, 9))]
    assert [found.test for a, b in pairs if (found := compare(a, b))] == ["z", "fisher", "fisher"]
    assert compare(Share(0, 0), Share(1, 2)) is None
    assert Share(0, 0).value is None
    assert Share(1, 4).value == 0.25
