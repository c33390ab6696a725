"""Paths: what units do after an event, before it, or from their start, as sequences of names."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from clew.timelines.blocks import run
from clew.timelines.calendar import ALWAYS
from clew.timelines.columns import MISSING, Any1D, Int64, Match, Part, fixed

if TYPE_CHECKING:
    from clew.timelines.kernels.paths import Rules

EXIT, NOTHING = -1, -2
"""Codes after the last name of a sequence that ended before the depth, and after that."""
OTHER = "(other)"
_MOST_BITS = 62


class Names(NamedTuple):
    """What the events are called in paths: codes of `text`; MISSING where an event is filtered out."""

    text: Sequence[str]
    by_kind: Any1D | None = None
    """The code of each kind."""
    by_event: Sequence[Any1D] = ()
    """Or for each part, the code of each event."""


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """Which sequences. Times in microseconds."""

    depth: int = 5
    keep: int = 20
    """So many names a step keep their name; the rest are `(other)`."""
    collapse: bool = True
    """A name that repeats the one before it, of those not filtered out, is no step."""
    anchor: int = MISSING
    """The code of the name from whose first event on (or before) to look; MISSING: from the start."""
    backward: bool = False
    within: int = MISSING
    """At most so long after (or before) the sequence's first event; MISSING: the whole unit."""
    begin: int = -ALWAYS
    end: int = ALWAYS
    sessions: bool = True
    """Units are sessions: whole ones, that start in [begin, end). Else only events in [begin, end) are looked at."""
    ended: str = "(exit)"
    """What comes after a sequence that ended before the depth: `(no more yet)` where units have no end."""

    def __post_init__(self) -> None:
        if self.depth < 1 or self.keep < 1 or self.depth * self.bits > _MOST_BITS:
            raise ValueError(f"paths: expected depth and keep of 1 or more that fit in {_MOST_BITS} bits, found {self.depth} times {self.bits} bits")
        if self.backward and self.anchor == MISSING:
            raise ValueError("paths: expected an anchor to look backward from, found none")

    @property
    def bits(self) -> int:
        """Bits of a short code: the names kept, other, the end, and nothing."""
        return (self.keep + 2).bit_length()


class Node(NamedTuple):
    """How many sequences have the name at the step (from 1)."""

    step: int
    name: str
    units: int


class Link(NamedTuple):
    """How many go from one name at the step to another at the next."""

    step: int
    source: str
    target: str
    units: int


class Path(NamedTuple):
    """A whole sequence, how many units have it, and how many of these hold the goal."""

    names: tuple[str, ...]
    units: int
    goal: int


class Flow(NamedTuple):
    """All that a page of paths shows. Lists are ordered by count, most first, and then by name."""

    sequences: int
    nodes: list[Node]
    links: list[Link]
    top: list[Path]
    reached: list[int]
    """How many sequences have a name at each step. The drop-off after step n is reached[n - 1] - reached[n]."""


def paths(parts: Sequence[Part], asked: Paths, names: Names, goal: Match | None = None, top: int = 20) -> Flow:
    """The flow. `parts` have the units asked about: see `units.by_session`.

    `goal`: predicate 0, over all events of the unit that are looked at.
    """
    return _flow(_counted(parts, asked, names, goal), asked, top)


def most_frequent(parts: Sequence[Part], asked: Paths, names: Names, goal: Match | None = None, top: int = 20) -> list[Path]:
    """The flow's `top` alone. With hundreds of names a step, links are by far the most to make."""
    return _top(_counted(parts, asked, names, goal), asked, top)


class _Counted(NamedTuple):
    """The distinct sequences as packed integers, how often each comes, and what each step's short codes are called."""

    values: Int64
    counts: Int64
    labels: list[list[str]]


def _counted(parts: Sequence[Part], asked: Paths, names: Names, goal: Match | None) -> _Counted:
    from clew.timelines.kernels import paths as compiled

    rules = compiled.Rules(
        asked.depth, asked.collapse, asked.anchor, asked.backward, asked.within, asked.begin, asked.end, asked.sessions, goal is not None
    )
    found = run(parts, lambda place, part, first, last: _cut(place, part, first, last, rules, names, goal))
    shorts, labels = _shortened(np.sum([counts for *_, counts in found], axis=0), asked, names)
    keys = np.empty(sum(len(rows) for rows, *_ in found), np.uint32 if asked.depth * asked.bits < 32 else np.int64)
    edges = np.cumsum([0, *(len(rows) for rows, *_ in found)])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda n: compiled.packed(*found[n][:2], shorts, asked.bits, keys[edges[n] : edges[n + 1]]), range(len(found))))
        halves = np.array_split(keys, 2)
        list(pool.map(lambda half: half.sort(), halves))
    values, counts = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    size = compiled.distinct(halves[0], halves[1], values, counts)
    return _Counted(values[:size], counts[:size], labels)


def _cut(place: int, part: Part, first: int, last: int, rules: Rules, names: Names, goal: Match | None) -> tuple[Any, Any1D, Int64]:
    """The sequences of a block, whether they hold the goal, and how often each name comes at each step."""
    from clew.timelines.kernels import paths as compiled

    codes = fixed(() if names.by_kind is None else names.by_kind, np.int32), fixed(names.by_event[place] if names.by_event else (), np.int32)
    goals = (goal or Match(np.zeros(1, np.uint64))).of(place)
    events = compiled.Events(part.start, part.skip, part.time, part.kind, *codes, *goals)
    rows = np.empty((last - first, rules.depth), np.int16 if len(names.text) < 2**15 else np.int32)
    holds = np.empty(last - first, np.bool_)
    found = compiled.sequences(events, rules, first, last, rows, holds)
    counts = np.zeros((rules.depth, len(names.text)), np.int64)
    compiled.names_by_step(rows[:found], counts)
    return rows[:found], holds[:found], counts


def _shortened(counts: Int64, asked: Paths, names: Names) -> tuple[Int64, list[list[str]]]:
    """For each step: short codes of all names (after those of NOTHING and EXIT), and what these are called."""
    alphabetic = np.argsort(np.argsort(np.array([name.encode() for name in names.text], object), kind="stable"))
    other, ended, nothing = asked.keep, asked.keep + 1, asked.keep + 2
    shorts = np.full((asked.depth, len(names.text) + 2), other, np.int64)
    shorts[:, NOTHING + 2], shorts[:, EXIT + 2] = nothing, ended
    labels = []
    for step in range(asked.depth):
        kept = [n for n in np.lexsort((alphabetic, -counts[step]))[: asked.keep] if counts[step, n]]
        shorts[step, np.array(kept, np.int64) + 2] = np.arange(len(kept))
        labels.append([*(names.text[n] for n in kept), *[""] * (asked.keep - len(kept)), OTHER, asked.ended])
    return shorts, labels


def _codes(values: Int64, asked: Paths) -> list[Int64]:
    """The short codes of each step."""
    return [(values >> (1 + asked.bits * (asked.depth - 1 - step))) & ((1 << asked.bits) - 1) for step in range(asked.depth)]


def _flow(found: _Counted, asked: Paths, top: int) -> Flow:
    size, codes = asked.keep + 3, _codes(found.values, asked)
    counts, labels = found.counts, found.labels
    nodes, links, reached = [], [], []
    for step, here in enumerate(codes):
        at_step = _totals(here, counts, size)
        reached.append(int(at_step[: asked.keep + 1].sum()))
        nodes += [Node(step + 1, labels[step][n], int(at_step[n])) for n in np.flatnonzero(at_step[:-1])]
        if step + 1 < asked.depth:
            pairs = _totals(here * size + codes[step + 1], counts, size * size).reshape(size, size)[:-1, :-1]
            links += [Link(step + 1, labels[step][a], labels[step + 1][b], int(pairs[a, b])) for a, b in zip(*np.nonzero(pairs), strict=True)]
    nodes.sort(key=lambda n: (n.step, -n.units, n.name.encode()))
    links.sort(key=lambda n: (n.step, -n.units, n.source.encode(), n.target.encode()))
    return Flow(int(counts.sum()), nodes, links, _top(found, asked, top), reached)


def _totals(codes: Int64, counts: Int64, size: int) -> Int64:
    return np.bincount(codes, weights=counts, minlength=size).astype(np.int64)


def _top(found: _Counted, asked: Paths, top: int) -> list[Path]:
    """The most frequent sequences. Those with the goal and those without stand side by side in the values."""
    values, counts, labels = found
    first = np.flatnonzero(np.diff(values >> 1, prepend=-1))
    if not len(first):
        return []
    total, goal = np.add.reduceat(counts, first), np.add.reduceat(counts * (values & 1), first)
    chosen = np.flatnonzero(total >= _least(total, top))
    codes = _codes(values[first[chosen]], asked)
    rows = [
        Path(tuple(labels[step][c] for step, code in enumerate(codes) if (c := code[n]) <= asked.keep + 1), int(total[place]), int(goal[place]))
        for n, place in enumerate(chosen)
    ]
    return sorted(rows, key=lambda p: (-p.units, [name.encode() for name in p.names]))[:top]


def _least(total: Int64, top: int) -> int:
    """The greatest number that at least `top` of the totals reach, or all of them. Most totals are 1, which is hard on a partition."""
    reaching = np.bincount(total)[::-1].cumsum()[::-1]
    return int(np.flatnonzero(reaching >= min(top, len(total)))[-1])
