"""Steps in any order: the largest matching of distinct events to steps inside one window, over one group of a unit's rows.

Of the rows so far one largest set is kept whose rows can each have a step of their own, and of all such sets that of the latest rows. Sets like these
are a matroid's: those rows of it that lie in a window which ends here are a largest set of that window. A new row always joins, and where that makes
one too many for the steps, the earliest row that can be spared leaves: one of those whose step comes free as steps are handed on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.timelines.columns import Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Rules


class Set(NamedTuple):
    """The rows that have a step, and room for the search of one."""

    owner: Int64
    """For each step the row that has it; -1: none."""
    mask: Masks
    """That row's mask."""
    via: Int64
    """The step whose row could go over to this one; -1: the new row."""
    queue: Int64


@kernel
def largest(steps: int) -> Set:
    """Room for one."""
    return Set(np.empty(steps, np.int64), np.empty(steps, np.uint64), np.empty(steps, np.int64), np.empty(steps, np.int64))


@kernel
def any_order(at: Int64, mask: Masks, day: Int64, a: int, b: int, on: int, time: Int64, rules: Rules, kept: Set, best: Int64) -> int:
    """The level that rows a to b reach, and in `best` the reported attempt. Attempts start on the day `on`."""
    owner, masks, via, queue = kept
    owner[:] = -1
    level, left, start, last = 0, a, a, a
    for right in range(a, b):
        t = time[at[right]]
        _join(right, mask[right], owner, masks, via, queue)
        while left <= right and (day[left] != on or t - time[at[left]] > rules.within):
            left += 1
        found, earliest = 0, right
        for row in owner:
            if row >= left:
                found, earliest = found + 1, min(earliest, row)
        if found > level:
            level, start, last = found, earliest, right
            if level == rules.steps:
                break
    if level:
        while day[start] != on:
            start -= 1
        _earliest(at, mask, start, last, owner, masks, via, queue, best)
    return level


@kernel
def _join(row: int, mask: np.uint64, owner: Int64, masks: Masks, via: Int64, queue: Int64) -> None:
    """Let the row have a step, at the cost of the earliest that can be spared where none is free."""
    step = 0
    while not (mask >> np.uint64(step)) & np.uint64(1):
        step += 1
    if mask >> np.uint64(step) == 1 and (owner[step] < 0 or masks[step] == mask):
        owner[step], masks[step] = row, mask
    else:
        _hand_on(_way(mask, owner, masks, via, queue), row, mask, owner, masks, via)


@kernel
def _way(mask: np.uint64, owner: Int64, masks: Masks, via: Int64, queue: Int64) -> int:
    """The step at which a way ends that begins with a row of this mask and hands on steps: a free one, else that of the earliest row."""
    tail = _queue(mask, -1, via, queue, 0)
    seen, chosen, head = mask, queue[0], 0
    while head < tail:
        step = queue[head]
        if owner[step] < 0:
            return int(step)
        if owner[step] < owner[chosen]:
            chosen = step
        tail = _queue(masks[step] & ~seen, step, via, queue, tail)
        seen |= masks[step]
        head += 1
    return int(chosen)


@kernel
def _queue(mask: np.uint64, before: int, via: Int64, queue: Int64, tail: int) -> int:
    """Queue the steps of the mask. Returns the new end of the queue."""
    for step in range(len(via)):
        if (mask >> np.uint64(step)) & np.uint64(1):
            via[step], queue[tail] = before, step
            tail += 1
    return tail


@kernel
def _hand_on(step: int, row: int, mask: np.uint64, owner: Int64, masks: Masks, via: Int64) -> None:
    """Back along the way: each row goes over to the next step, and the new row takes the first."""
    while via[step] >= 0:
        before = via[step]
        owner[step], masks[step] = owner[before], masks[before]
        step = before
    owner[step], masks[step] = row, mask


@kernel
def _earliest(at: Int64, mask: Masks, start: int, last: int, owner: Int64, masks: Masks, via: Int64, queue: Int64, best: Int64) -> None:
    """The largest set of rows from `start` to `last` that has the earliest: each row for which a step comes free."""
    owner[:] = -1
    found = 0
    for row in range(start, last + 1):
        step = _way(mask[row], owner, masks, via, queue)
        if owner[step] < 0:
            _hand_on(step, row, mask[row], owner, masks, via)
            best[found] = at[row]
            found += 1
