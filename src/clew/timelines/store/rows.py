"""A block of rows: some people whole, each with their events in the total order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clew.errors import TimelineError
from clew.timelines.columns import MISSING, Any1D, Bool, Int32, Int64

ROWS = 250_000
"""Rows of a block, and as many more as its last person has: memory holds a few blocks, whatever the number of events."""


class Rows(NamedTuple):
    """One entry an event. People ascend."""

    person: Int64
    time: Int64
    kind: Int32
    is_activity: Bool
    event: Int64
    """The event's number in the warehouse."""
    session: Int64
    """The session's id in the warehouse, 0 or more; MISSING: in none."""


def checked(rows: Rows, after: int | None) -> Rows:
    """The rows, if people ascend from beyond `after`, each one's times ascend, and kinds are not negative: kernels check nothing.

    Raises TimelineError.
    """
    people, kinds = np.diff(rows.person, prepend=rows.person[:1]), rows.kind
    if (people < 0).any() or (after is not None and rows.person[0] <= after):
        raise TimelineError("timeline: expected rows sorted by person, found a person again: read them in the order of `person` and `order`")
    back = np.flatnonzero((people == 0)[1:] & (np.diff(rows.time) < 0))
    if len(back):
        raise TimelineError(
            f"timeline: expected each person's events in the order of their times, found event {rows.event[back[0] + 1]} later than it is: "
            "sort by time first"
        )
    if (kinds < 0).any():
        raise TimelineError(f"timeline: expected kinds from 0, found {kinds.min()}: leave out rows without a kind")
    return rows


def numbered(person: Int64, session: Int64) -> tuple[Int64, Int64]:
    """Each event's session as a number from 0, by first appearance (MISSING: none), and the id of each number.

    Sessions of different people are different. Those of one person may overlap.
    """
    fresh = np.concatenate([[True], (person[1:] != person[:-1]) | (session[1:] != session[:-1])]) if len(person) else np.zeros(0, np.bool_)
    begin = np.flatnonzero(fresh)
    inside = begin[session[begin] != MISSING]
    number, first = _by_appearance(person[inside], session[inside])
    of_run = np.full(len(begin), MISSING, np.int64)
    of_run[session[begin] != MISSING] = number
    return np.repeat(of_run, np.diff(begin, append=len(person))), session[inside[first]]


def _by_appearance(person: Any1D, session: Any1D) -> tuple[Int64, Int64]:
    """For each run its pair's number, and for each number the run in which it first comes."""
    order = np.lexsort((session, person))
    other = (np.diff(person[order]) != 0) | (np.diff(session[order]) != 0)
    group = np.cumsum(np.concatenate([np.zeros(min(len(order), 1), np.bool_), other]))
    first = order[np.flatnonzero(np.concatenate([np.ones(min(len(order), 1), np.bool_), other]))]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    number = np.empty(len(order), np.int64)
    number[order] = rank[group]
    return number, np.sort(first)
