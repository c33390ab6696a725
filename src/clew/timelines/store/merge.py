"""Several parts as one: the people that are kept of each, sorted, as blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from clew.timelines.columns import MISSING, Any1D, Bool, Int64
from clew.timelines.store.files import Columns
from clew.timelines.store.rows import ROWS, Rows


class Kept(NamedTuple):
    """A part, and which of its people to take. No person is taken of two parts."""

    columns: Columns
    units: Bool


def without(columns: Columns, people: Int64) -> Kept:
    """The part without these people (ascending)."""
    return Kept(columns, ~_among(columns.person, people))


def _among(person: Int64, people: Int64) -> Bool:
    if not len(people):
        return np.zeros(len(person), np.bool_)
    place = np.minimum(np.searchsorted(people, person), len(people) - 1)
    return np.asarray(people[place] == person)


def merged(parts: Sequence[Kept]) -> Iterator[Rows]:
    """The rows of all that is kept, in blocks."""
    taken = [np.flatnonzero(part.units) for part in parts]
    source = np.repeat(np.arange(len(parts)), [len(units) for units in taken])
    person = np.concatenate([part.columns.person[units] for part, units in zip(parts, taken, strict=True)])
    begin = np.concatenate([part.columns.start[units] for part, units in zip(parts, taken, strict=True)])
    size = np.concatenate([part.columns.start[units + 1] for part, units in zip(parts, taken, strict=True)]) - begin
    order = np.argsort(person, kind="stable")
    end = np.cumsum(size[order])
    first = 0
    while first < len(order):
        before = int(end[first - 1]) if first else 0
        last = max(int(np.searchsorted(end, before + ROWS, "right")), first + 1)
        yield _gathered(parts, *(column[order[first:last]] for column in (source, person, begin, size)))
        first = last


def _gathered(parts: Sequence[Kept], source: Int64, person: Int64, begin: Int64, size: Int64) -> Rows:
    row = np.arange(size.sum()) + np.repeat(begin - (np.cumsum(size) - size), size)
    whose = np.repeat(source, size)
    rows = [(place, whose == place) for place in range(len(parts))]

    def column(name: str) -> Any1D:
        out = np.empty(len(row), getattr(parts[0].columns, name).dtype)
        for place, here in rows:
            out[here] = getattr(parts[place].columns, name)[row[here]]
        return out

    session = np.full(len(row), MISSING, np.int64)
    for place, here in rows:
        columns = parts[place].columns
        number = columns.session[row[here]]
        if len(columns.session_id):
            session[here] = np.where(number == MISSING, MISSING, columns.session_id[number])
    return Rows(np.repeat(person, size), column("time"), column("kind"), column("is_activity"), column("event"), session)
