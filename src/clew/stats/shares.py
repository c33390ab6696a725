"""Two shares compared: their difference, an interval that holds it, and how surprising it would be if there were none.

The interval of one share is Wilson's; that of a difference of two is Newcombe's hybrid of two Wilson intervals (Statistics in Medicine 17, 1998,
873-890, method 10), which stays within -1 and 1 and needs no large counts. The test is the z-test of two proportions with a pooled variance,
and Fisher's exact one where an expected count is below 5. Both are two-sided.
"""

from __future__ import annotations

from math import erfc, exp, isclose, lgamma, sqrt
from typing import Literal, NamedTuple

Z = 1.959963984540054
"""Of a 95% interval."""
SMALL = 5
"""Below this expected count the z-test is not exact enough."""


class Share(NamedTuple):
    """So many of so many. `of` is at least `hits`, which is at least 0."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """None of nobody."""
        return self.hits / self.of if self.of else None


class Difference(NamedTuple):
    """The first share less the second; `low` and `high` bound it with 95% confidence. `p_value` is of the test `test`."""

    difference: float
    low: float
    high: float
    p_value: float
    test: Literal["z", "fisher"]


def compare(a: Share, b: Share) -> Difference | None:
    """None where one of them is of nobody."""
    if not a.of or not b.of:
        return None
    low, high = newcombe(a, b)
    test: Literal["z", "fisher"] = "fisher" if _least_expected(a, b) < SMALL else "z"
    return Difference(a.hits / a.of - b.hits / b.of, low, high, fisher(a, b) if test == "fisher" else z_test(a, b), test)


def wilson(share: Share, z: float = Z) -> tuple[float, float]:
    """The interval of one share.

    >>> [round(end, 4) for end in wilson(Share(81, 263))]
    [0.2553, 0.3662]
    """
    p, n = share.hits / share.of, share.of
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    # Of none and of all the ends are 0 and 1, which floating point misses by a hair.
    return (0.0 if not share.hits else low), (1.0 if share.hits == n else high)


def newcombe(a: Share, b: Share, z: float = Z) -> tuple[float, float]:
    """The interval of the first share less the second.

    >>> [round(end, 4) for end in newcombe(Share(56, 70), Share(48, 80))]
    [0.0524, 0.3339]
    """
    (low_a, high_a), (low_b, high_b) = wilson(a, z), wilson(b, z)
    p, q = a.hits / a.of, b.hits / b.of
    return p - q - sqrt((p - low_a) ** 2 + (high_b - q) ** 2), p - q + sqrt((high_a - p) ** 2 + (q - low_b) ** 2)


def z_test(a: Share, b: Share) -> float:
    """The p-value of the z-test of two proportions, pooled. 1 where all or none of both are hits."""
    pooled = (a.hits + b.hits) / (a.of + b.of)
    variance = pooled * (1 - pooled) * (1 / a.of + 1 / b.of)
    return erfc(abs(a.hits / a.of - b.hits / b.of) / sqrt(2 * variance)) if variance > 0 else 1.0


def fisher(a: Share, b: Share) -> float:
    """The p-value of Fisher's exact test: the chance of all tables with these sums that are no more likely than this one.

    >>> round(fisher(Share(3, 4), Share(1, 4)), 4), round(fisher(Share(10, 13), Share(2, 17)), 7)
    (0.4857, 0.0005367)
    """
    hits = a.hits + b.hits
    chances = [exp(_log_chance(k, a.of, b.of, hits)) for k in range(max(0, hits - b.of), min(hits, a.of) + 1)]
    own = exp(_log_chance(a.hits, a.of, b.of, hits))
    return min(1.0, sum(chance for chance in chances if chance <= own or isclose(chance, own, rel_tol=1e-7)))


def _log_chance(k: int, a: int, b: int, hits: int) -> float:
    """That of `hits` among both, `k` are among the first."""
    return _log_choose(a, k) + _log_choose(b, hits - k) - _log_choose(a + b, hits)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _least_expected(a: Share, b: Share) -> float:
    hits, total = a.hits + b.hits, a.of + b.of
    return min(a.of, b.of) * min(hits, total - hits) / total
