"""Units other than people: the same events, cut or regrouped, so that every question can be asked of sessions and accounts too."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew.timelines.blocks import run
from clew.timelines.columns import MISSING, Any1D, Int32, Int64, Match, Part, fixed


def by_session(part: Part) -> Part | None:
    """The part with a unit for each session, over the same arrays: positions of events stay what they were. Events in no session are passed over.

    None if sessions of one person overlap (sessions by platform or device): then regroup by the session's number.
    """
    from clew.timelines.kernels import units as compiled

    begins = part.start.view(np.uint64)
    sizes = dict(run([part], lambda _, part, first, last: (first, compiled.session_runs_size(begins, part.session, first, last))))
    edges = dict(zip(sizes, itertools.accumulate(sizes.values(), initial=0), strict=False))
    size = sum(sizes.values())
    start, person, outside = np.full(size + 1, len(part.time), np.int64), np.empty(size, np.int64), np.empty(size, np.bool_)

    def work(_: int, part: Part, first: int, last: int) -> bool:
        begin, here = np.empty(sizes[first] + 1, np.uint64), slice(edges[first], edges[first] + sizes[first])
        apart = compiled.session_runs(begins, part.person, part.skip, part.session, first, last, begin, person[here], outside[here])
        start[here] = begin[:-1]
        return apart

    if not all(run([part], work)):
        return None
    return part._replace(start=fixed(start, np.int64), person=fixed(person, np.int64), skip=fixed(outside, np.bool_))


class Regrouped(NamedTuple):
    """Events of several parts as one part, by another unit."""

    part: Part
    """Its `person` is the unit's code."""
    source: Int32
    """For each event, the place of the part that it came from."""
    row: Int64
    """And its position there."""

    def column(self, columns: Sequence[Any1D]) -> Any1D:
        """A column (one array a part) in the new order."""
        out = np.empty(len(self.row), columns[0].dtype)
        for place, column in enumerate(columns):
            here = self.source == place
            out[here] = column[self.row[here]]
        return out

    def match(self, match: Match) -> Match:
        """The same predicates over the new order."""
        own = [match.of(place)[1] for place in range(len(match.by_event))]
        if not any(len(masks) for masks in own):
            return Match(match.by_kind)
        out = np.zeros(len(self.row), np.uint64 if any(masks.dtype == np.uint64 for masks in own) else np.uint8)
        for place, masks in enumerate(own):
            here = (self.source == place) & (len(masks) > 0)
            out[here] = masks[self.row[here]]
        return Match(match.by_kind, (out,))


def regroup(parts: Sequence[Part], units: Sequence[Any1D], order: Sequence[Any1D]) -> Regrouped:
    """The events by unit. `units`: for each part, each event's unit code; events with MISSING are left out, and so are those of units to skip.

    `order`: for each part, each event's rank in the total order over all people; where a unit's events are all one person's, their positions will do.
    """
    kept = [np.flatnonzero((codes != MISSING) & ~_skipped(part)) for part, codes in zip(parts, units, strict=True)]
    source = np.repeat(np.arange(len(parts), dtype=np.int32), [len(rows) for rows in kept])
    unit, time, rank = (
        np.concatenate([column[rows] for column, rows in zip(columns, kept, strict=True)]) for columns in (units, [p.time for p in parts], order)
    )
    place = np.lexsort((rank, time, unit))
    source, row = source[place], np.concatenate(kept)[place]
    begin = np.flatnonzero(np.diff(unit[place], prepend=MISSING))
    nothing = Regrouped(parts[0], source, row)
    columns = [nothing.column([getattr(p, name) for p in parts]) for name in ("time", "kind", "is_activity", "session")]
    time, kind, is_activity, session = columns
    part = Part(
        fixed(np.append(begin, len(row)), np.int64),
        fixed(unit[place][begin], np.int64),
        fixed(time, np.int64),
        fixed(kind, np.int32),
        fixed(is_activity, np.bool_),
        fixed(session, np.int32),
        fixed((), np.bool_),
    )
    return Regrouped(part, source, row)


def _skipped(part: Part) -> Any1D:
    """For each event, whether its unit is to be passed over."""
    if not len(part.skip):
        return np.zeros(len(part.time), np.bool_)
    return np.repeat(part.skip, np.diff(part.start))
