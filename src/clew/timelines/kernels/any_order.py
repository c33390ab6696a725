"""Steps in any order: the largest matching of distinct events to steps inside one window, over one group of a unit's rows.

The window that ends at a row and starts as early as it may holds all others that end there, so two pointers do. What matters of a window is how many
events it has of each mask, of which there are few; and a matching is computed only where a simple bound says that it could be a new best.
"""

from __future__ import annotations

import numpy as np

from clew.timelines.columns import Int64, Masks
from clew.timelines.kernels.compiling import kernel
from clew.timelines.kernels.ordered import Rules
from clew.timelines.kernels.rows import Rows


@kernel
def any_order(rows: Rows, a: int, b: int, day: int, time: Int64, rules: Rules, best: Int64) -> int:
    """The level that rows a to b of the order reach; best[k]: the event that brings the reported window to level k + 1. Windows start on `day`."""
    steps = np.uint64((1 << rules.steps) - 1)
    masks, number = _distinct(rows, a, b, steps)
    counts = np.zeros(len(masks), np.int64)
    level, left = 0, a
    for right in range(a, b):
        counts[number[right - a]] += 1
        left = _next_start(rows, left, right, b, day, time, rules, counts, number, a)
        if left <= right and _bound(masks, counts) > level and matching(masks, counts, rules.steps) > level:
            level += 1
            if level == rules.steps:
                break
    if level:
        _report(rows, a, b, day, time, rules, masks, number, level, best)
    return level


@kernel
def _distinct(rows: Rows, a: int, b: int, steps: np.uint64) -> tuple[Masks, Int64]:
    """The masks that the rows have, and the number of each row's."""
    all_masks = np.empty(b - a, np.uint64)
    for place in range(a, b):
        all_masks[place - a] = rows.mask[rows.order[place]] & steps
    masks = np.unique(all_masks)
    return masks, np.searchsorted(masks, all_masks)


@kernel
def _next_start(rows: Rows, left: int, right: int, b: int, day: int, time: Int64, rules: Rules, counts: Int64, number: Int64, a: int) -> int:
    """The first place at which a window that holds `right` may start, beyond `right` if none; rows before it leave the counts."""
    t = time[rows.at[rows.order[right]]]
    while left <= right:
        row = rows.order[left]
        if rows.day[row] == day and t - time[rows.at[row]] <= rules.within:
            break
        counts[number[left - a]] -= 1
        left += 1
    return left


@kernel
def _bound(masks: Masks, counts: Int64) -> int:
    """At most so many steps: no more than there are events, or steps with an event."""
    union, events, steps = np.uint64(0), 0, 0
    for d in range(len(masks)):
        if counts[d] > 0:
            union |= masks[d]
            events += counts[d]
    while union:
        union &= union - np.uint64(1)
        steps += 1
    return min(events, steps)


@kernel
def matching(masks: Masks, counts: Int64, steps: int) -> int:
    """How many steps can each have an event of its own: grown step by step along alternating paths (Kuhn)."""
    given = np.full(steps, -1, np.int64)
    used = np.zeros(len(masks), np.int64)
    size = 0
    for step in range(steps):
        size += _serve(step, masks, counts, given, used)
    return size


@kernel
def _serve(step: int, masks: Masks, counts: Int64, given: Int64, used: Int64) -> int:
    """Give the step an event of some mask, moving other steps to other masks where that frees one. 1 if it could be done."""
    came_from = np.full(len(masks), -1, np.int64)
    queue = np.empty(len(masks), np.int64)
    tail = _reach(step, masks, counts, came_from, queue, 0)
    head = 0
    while head < tail:
        d = queue[head]
        if used[d] < counts[d]:
            used[d] += 1
            _hand_over(d, step, came_from, given)
            return 1
        for other in range(step):
            if given[other] == d:
                tail = _reach(other, masks, counts, came_from, queue, tail)
        head += 1
    return 0


@kernel
def _reach(step: int, masks: Masks, counts: Int64, came_from: Int64, queue: Int64, tail: int) -> int:
    """Queue the masks that could serve the step and are not yet queued. Returns the new end of the queue."""
    for d in range(len(masks)):
        if came_from[d] < 0 and counts[d] > 0 and (masks[d] >> np.uint64(step)) & np.uint64(1):
            came_from[d] = step
            queue[tail] = d
            tail += 1
    return tail


@kernel
def _hand_over(d: int, step: int, came_from: Int64, given: Int64) -> None:
    """Back along the path: each step takes the mask through which it was left."""
    while True:
        taker = came_from[d]
        before = given[taker]
        given[taker] = d
        if taker == step:
            return
        d = before


@kernel
def _report(rows: Rows, a: int, b: int, day: int, time: Int64, rules: Rules, masks: Masks, number: Int64, level: int, best: Int64) -> None:
    """The first window that has the level, and the events at which it gains each. It begins with the first of them."""
    counts = np.zeros(len(masks), np.int64)
    start, end = a, a
    while True:
        row = rows.order[start]
        while end < b and time[rows.at[rows.order[end]]] - time[rows.at[row]] <= rules.within:
            counts[number[end - a]] += 1
            end += 1
        if rows.day[row] == day and _bound(masks, counts) >= level and matching(masks, counts, rules.steps) >= level:
            break
        counts[number[start - a]] -= 1
        start += 1
    counts[:] = 0
    gained = 0
    for place in range(start, end):
        counts[number[place - a]] += 1
        if gained < level and _bound(masks, counts) > gained and matching(masks, counts, rules.steps) > gained:
            best[gained] = rows.at[rows.order[place]]
            gained += 1
