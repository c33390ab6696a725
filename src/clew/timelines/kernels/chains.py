"""Ordered steps with exclusions between them, over one group of a unit's rows. Strict and consecutive funnels are exclusions too.

An excluded event between steps a and b ends the hope of reaching b for every attempt that has taken step a and not yet b; it may still reach the
levels below b. So attempts are sought for the highest level first, dropping those without hope of it, and then for the levels below the last
exclusion that could have dropped one. An exclusion between neighbours drops only what could go no further anyway, and needs no second search.
"""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Int64
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Rules
from clew.timelines.kernels.rows import Exclusions, Rows


@kernel
def chains(rows: Rows, a: int, b: int, day: int, time: Int64, rules: Rules, exclusions: Exclusions, chain: Int64, best: Int64) -> int:
    """The level that rows a to b of the order reach, and in `best` the reported attempt. Attempts start on `day`."""
    most = rules.steps
    while most > 0:
        least = 1
        for e in range(len(exclusions.bits)):
            if exclusions.before[e] <= most and exclusions.before[e] > exclusions.after[e] + 1:
                least = max(least, exclusions.before[e])
        level = _search(rows, a, b, day, time, rules, exclusions, least, most, chain, best)
        if level:
            return level
        most = least - 1
    return 0


@kernel
def _search(
    rows: Rows, a: int, b: int, day: int, time: Int64, rules: Rules, exclusions: Exclusions, least: int, most: int, chain: Int64, best: Int64
) -> int:
    """The highest level from `least` to `most` that is reached (0: none), by attempts that no exclusion up to `most` has dropped."""
    chain[:most, 0] = -1
    level = 0
    for place in range(a, b):
        row = rows.order[place]
        i, mask = rows.at[row], rows.mask[row]
        for k in range(most - 1, -1, -1):
            if not (mask >> np.uint64(k)) & np.uint64(1):
                continue
            if k == 0:
                if rows.day[row] != day:
                    continue
            else:
                begun = chain[k - 1, 0]
                if begun < 0 or time[i] - time[begun] > rules.within or _dropped(rows, row, False, exclusions, most, chain[k - 1], k):
                    continue
                if chain[k, 0] >= begun and not _dropped(rows, row, True, exclusions, most, chain[k], k + 1):
                    continue
                chain[k, :k] = chain[k - 1, :k]
            chain[k, k] = i
            if k + 1 > level and k + 1 >= least:
                level = k + 1
                best[:level] = chain[k, :level]
                if level == most:
                    return level
    return level


@kernel
def _dropped(rows: Rows, row: int, and_itself: bool, exclusions: Exclusions, most: int, attempt: Int64, level: int) -> bool:
    """Whether an excluded event before this row (or at it) stands between what the attempt has taken and a step that it has yet to take."""
    for e in range(len(exclusions.bits)):
        if exclusions.before[e] <= most and exclusions.after[e] <= level < exclusions.before[e]:
            taken = attempt[exclusions.after[e] - 1]
            if rows.excluded[row, e] > taken or (and_itself and rows.mask[row] & exclusions.bits[e] and rows.at[row] > taken):
                return True
    return False
