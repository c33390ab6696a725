"""Ordered steps with exclusions between them, over one group of a unit's rows. Strict and consecutive funnels are exclusions too.

An excluded event between steps a and b ends the hope of reaching b for every attempt that has taken step a and not yet b; it may still reach the
levels below b. So attempts are sought for the highest level first, dropping those without hope of it, and then for the levels below the last
exclusion that could have dropped one. An exclusion between neighbours drops only what could go no further anyway, and needs no second search.
"""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Rules
from clew.timelines.kernels.rows import Exclusions


@kernel
def chains(
    at: Int64,
    mask: Masks,
    day: Int64,
    excluded: Int64,
    a: int,
    b: int,
    on: int,
    time: Int64,
    rules: Rules,
    exclusions: Exclusions,
    chain: Int64,
    best: Int64,
) -> int:
    """The level that rows a to b reach, and in `best` the reported attempt. Attempts start on the day `on`."""
    bits, after, before = exclusions
    most = rules.steps
    while most > 0:
        least = 1
        for e in range(len(bits)):
            if before[e] <= most and before[e] > after[e] + 1:
                least = max(least, before[e])
        level = _search(at, mask, day, excluded, a, b, on, time, rules.within, bits, after, before, least, most, chain, best)
        if level:
            return level
        most = least - 1
    return 0


@kernel
def _search(
    at: Int64,
    mask: Masks,
    day: Int64,
    excluded: Int64,
    a: int,
    b: int,
    on: int,
    time: Int64,
    within: int,
    bits: Masks,
    after: Int64,
    before: Int64,
    least: int,
    most: int,
    chain: Int64,
    best: Int64,
) -> int:
    """The highest level from `least` to `most` that is reached (0: none), by attempts that no exclusion up to `most` has dropped."""
    chain[:most, 0] = -1
    level, taken = 0, 0
    for row in range(a, b):
        i, found = at[row], mask[row]
        for k in range(min(taken, most - 1), -1, -1):
            if not (found >> np.uint64(k)) & np.uint64(1):
                continue
            if not (_follows(i, found, row, excluded, time, within, bits, after, before, most, chain, k) if k else day[row] == on):
                continue
            for j in range(k):
                chain[k, j] = chain[k - 1, j]
            chain[k, k] = i
            taken = max(taken, k + 1)
            if k + 1 > level and k + 1 >= least:
                level = k + 1
                for j in range(level):
                    best[j] = chain[k, j]
                if level == most:
                    return level
    return level


@kernel
def _follows(
    i: int,
    mask: np.uint64,
    row: int,
    excluded: Int64,
    time: Int64,
    within: int,
    bits: Masks,
    after: Int64,
    before: Int64,
    most: int,
    chain: Int64,
    k: int,
) -> bool:
    """Whether the row may be step k of attempt k - 1, and that gives one of a later start than attempt k, or of hope where that has none."""
    begun = chain[k - 1, 0]
    if begun < 0 or time[i] - time[begun] > within or _dropped(i, mask, False, row, excluded, bits, after, before, most, chain, k - 1):
        return False
    return bool(chain[k, 0] < begun or _dropped(i, mask, True, row, excluded, bits, after, before, most, chain, k))


@kernel
def _dropped(
    i: int, mask: np.uint64, and_itself: bool, row: int, excluded: Int64, bits: Masks, after: Int64, before: Int64, most: int, chain: Int64, k: int
) -> bool:
    """Whether an excluded event before this row (or at it) stands between what attempt k has taken and a step that it has yet to take."""
    for e in range(len(bits)):
        if before[e] <= most and after[e] <= k + 1 < before[e]:
            taken = chain[k, after[e] - 1]
            if excluded[row, e] > taken or (and_itself and mask & bits[e] and i > taken):
                return True
    return False
