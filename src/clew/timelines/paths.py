"""Paths: what units do after an event, before it, or from their start, as sequences of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from clew.timelines.blocks import run
from clew.timelines.calendar import ALWAYS
from clew.timelines.columns import MISSING, Any1D, Int64, Match, Part, fixed
from clew.timelines.walked import OTHER, Walked

if TYPE_CHECKING:
    from clew.timelines.kernels.paths import Rules

_MOST_BITS = 62


class Names(NamedTuple):
    """What the events are called in paths: numbers of `text`; MISSING where an event is filtered out."""

    text: Sequence[str]
    by_kind: Any1D | None = None
    """The number of each kind."""
    by_event: Sequence[Any1D] = ()
    """Or for each part, the number of each event."""


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """Which sequences. Times in microseconds."""

    depth: int = 5
    keep: int = 20
    """So many names a step keep their name; the rest are `(other)`."""
    collapse: bool = True
    """A name that repeats the one before it, of those that are looked at, is no step."""
    anchor: int = MISSING
    """The number of the name from whose first event on (or before) to look; MISSING: from the start."""
    backward: bool = False
    within: int = MISSING
    """Only what is at most so long after (or before) the sequence's first event is looked at; MISSING: the whole unit."""
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
        """Bits of a step's code: the names kept, other, the end, and nothing."""
        return (self.keep + 2).bit_length()


def walk(parts: Sequence[Part], asked: Paths, names: Names, goal: Match | None = None) -> Walked:
    """The sequences of all units, for pages to show. `parts` have the units asked about: see `units.by_session`.

    `goal`: predicate 0, over all events that are looked at.
    """
    codes, labels = _codes(_names_by_step(parts, asked, names), asked, names)
    found = _sequences(parts, asked, names, goal, codes, counting=False)
    return Walked([keys for keys, _ in found], labels, asked.depth, asked.bits)


def _names_by_step(parts: Sequence[Part], asked: Paths, names: Names) -> Int64:
    """How often each name comes at each step. Not counted where all are kept."""
    counts = np.zeros((asked.depth, len(names.text)), np.int64)
    if asked.keep < len(names.text):
        codes = np.ones((asked.depth, len(names.text) + 1), np.int32)
        counts += sum(counts for _, counts in _sequences(parts, asked, names, None, codes, counting=True))
    return counts


def _sequences(parts: Sequence[Part], asked: Paths, names: Names, goal: Match | None, codes: Any1D, *, counting: bool) -> list[tuple[Any1D, Int64]]:
    """For each block, its packed sequences, and how often each name comes at each step."""
    from clew.timelines.kernels import paths as compiled

    ranged = asked.begin > -ALWAYS or asked.end < ALWAYS
    rules = compiled.Rules(
        asked.depth,
        asked.bits,
        asked.collapse,
        asked.anchor,
        asked.backward,
        asked.within,
        ranged,
        asked.begin,
        asked.end,
        asked.sessions,
        goal is not None,
    )
    return run(parts, lambda place, part, first, last: _block(place, part, first, last, rules, names, goal, codes, counting))


def _block(
    place: int, part: Part, first: int, last: int, rules: Rules, names: Names, goal: Match | None, codes: Any1D, counting: bool
) -> tuple[Any1D, Int64]:
    from clew.timelines.kernels import paths as compiled

    numbers = fixed(() if names.by_kind is None else names.by_kind, np.int32), fixed(names.by_event[place] if names.by_event else (), np.int32)
    goals = (goal or Match(np.zeros(1, np.uint64))).of(place)
    events = compiled.Events(part.start.view(np.uint64), part.skip, part.time, part.kind.view(np.uint32), *numbers, *goals)
    keys, counts = np.empty(last - first, np.uint64), np.zeros((rules.depth * counting, len(names.text)), np.int64)
    found = compiled.sequences(events, rules, codes, first, last, keys, counts)
    return keys[:found], counts


def _codes(counts: Int64, asked: Paths, names: Names) -> tuple[Any1D, list[Any1D]]:
    """For each step, the codes of all names and of the end, from 1 in the order of what they are called, and what that is."""
    size = len(names.text)
    texts = np.array([*names.text, OTHER, asked.ended], object)
    order = np.argsort(np.array([text.encode() for text in texts], object), kind="stable")
    rank = np.argsort(order)
    codes, labels = np.empty((asked.depth, size + 1), np.int32), []
    for step in range(asked.depth):
        keeps = np.ones(size + 2, np.bool_)
        keeps[np.lexsort((rank[:size], -counts[step]))[asked.keep :]] = False
        called = order[keeps[order]]
        code = np.zeros(size + 2, np.int32)
        code[called] = np.arange(1, len(called) + 1)
        codes[step, :size], codes[step, size] = np.where(keeps[:size], code[:size], code[size]), code[size + 1]
        labels.append(np.append(np.array([""], object), texts[called]))
    return codes, labels
