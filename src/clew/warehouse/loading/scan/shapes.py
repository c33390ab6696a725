"""Which keys with values of what sort have been seen, for each event of each source: a tree of names, searched by hash and compared byte for byte."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clew.warehouse.loading.scan.arrays import Bytes, Ints
from clew.warehouse.loading.scan.compiling import part
from clew.warehouse.loading.scan.kinds import NOTHING, UNSURE, sort_of
from clew.warehouse.loading.scan.members import is_name, names
from clew.warehouse.loading.scan.values import COLON, COMMA, DEEPEST, NOT, OPEN_OBJECT, QUOTE, SHUT_OBJECT, text_end, value_end

NODES = 1 << 17
_ARENA = 8 << 20
_GUESSES = 4
FULL = -1
LEARNED, OPEN, STRANGE = 1, 2, 4
PATHS = (
    ("ip",), ("userAgent",), ("locale",), ("channel",), ("country",),
    ("device", "id"), ("device", "type"), ("os", "name"), ("library", "name"), ("location", "country"),
    *(("page", name) for name in ("url", "path", "title", "referrer", "search")),
    *(("campaign", name) for name in ("source", "medium", "name", "term", "content")),
)  # fmt: skip
"""In a context: what `clew.events` has as columns, or needs for them."""
_GROUPS = ("device", "os", "library", "location", "page", "campaign")
_ROLES = (*PATHS, *((group,) for group in _GROUPS))
_LEAVES, _TOP = len(PATHS), -2
_ROLE_NAMES = names([role[-1] for role in _ROLES], [role[-1] for role in _ROLES])
_ROLE_ABOVE = np.array([_ROLES.index(role[:1]) if len(role) > 1 else _TOP for role in _ROLES])


class Shapes(NamedTuple):
    """Nodes are numbered from 1; `slots` finds them by hash."""

    slots: NDArray[np.int32]
    parent: NDArray[np.int64]
    hash: NDArray[np.uint64]
    begin: Ints
    size: Ints
    seen: NDArray[np.uint16]
    """A bit for each sort of value."""
    first: NDArray[np.int32]
    """The key that is expected first in an object; the context's of a node stands at minus its number."""
    next: NDArray[np.int32]
    """The key that is expected after this one."""
    role: NDArray[np.int8]
    """Of a context's node: which of PATHS it is, or which object they are in (from _LEAVES on), else NOT."""
    places: Ints
    """Where the texts at PATHS begin and end in the context read last."""
    names: Bytes
    above: Ints
    """Room for the nodes that are open."""
    used: Ints
    """Nodes, and bytes of names."""
    seed: NDArray[np.uint64]
    """So that nobody can send keys that all have one hash."""


def no_shapes() -> Shapes:
    """Nothing was seen."""
    seed = np.frombuffer(np.random.default_rng().bytes(8), np.uint64)
    integers = np.zeros((3, NODES), np.int64)
    return Shapes(
        slots=np.zeros(4 * NODES, np.int32),
        parent=integers[0],
        hash=np.zeros(NODES, np.uint64),
        begin=integers[1],
        size=integers[2],
        seen=np.zeros(NODES, np.uint16),
        first=np.zeros(2 * NODES, np.int32),
        next=np.zeros(NODES, np.int32),
        role=np.full(NODES, NOT, np.int8),
        places=np.empty((len(PATHS), 2), np.int64),
        names=np.empty(_ARENA, np.uint8),
        above=np.empty(DEEPEST + 1, np.int64),
        used=np.zeros(2, np.int64),
        seed=seed,
    )


@part
def child(shapes: Shapes, parent: int, data: Bytes, begin: int, end: int) -> int:
    """The node under `parent` whose name stands there, made if it is new; FULL where there is no room."""
    hashed = shapes.seed[0] ^ (np.uint64(parent) * np.uint64(0x9E3779B97F4A7C15))
    for place in range(begin, end):
        hashed = (hashed ^ np.uint64(data[place])) * np.uint64(0x100000001B3)
    hashed ^= hashed >> np.uint64(29)
    hashed *= np.uint64(0xBF58476D1CE4E5B9)
    hashed ^= hashed >> np.uint64(32)
    last = np.uint64(len(shapes.slots) - 1)
    slot = hashed & last
    while shapes.slots[slot]:
        node = shapes.slots[slot]
        if shapes.hash[node] == hashed and shapes.parent[node] == parent and is_named(shapes, node, data, begin, end):
            return int(node)
        slot = (slot + np.uint64(1)) & last
    return add(shapes, slot, hashed, parent, data, begin, end)


@part
def is_named(shapes: Shapes, node: int, data: Bytes, begin: int, end: int) -> bool:
    if shapes.size[node] != end - begin:
        return False
    first = shapes.begin[node]
    for place in range(end - begin):  # noqa: SIM110 - compiled as it stands
        if shapes.names[first + place] != data[begin + place]:
            return False
    return True


@part
def add(shapes: Shapes, slot: int, hashed: int, parent: int, data: Bytes, begin: int, end: int) -> int:
    node, first = shapes.used[0] + 1, shapes.used[1]
    if node >= len(shapes.parent) or first + end - begin > len(shapes.names):
        return FULL
    shapes.slots[slot] = node
    shapes.hash[node], shapes.parent[node], shapes.begin[node], shapes.size[node] = hashed, parent, first, end - begin
    for place in range(end - begin):
        shapes.names[first + place] = data[begin + place]
    shapes.used[0], shapes.used[1] = node, first + end - begin
    return int(node)


@part
def is_here(shapes: Shapes, node: int, data: Bytes, at: int, end: int) -> bool:
    """Whether a key stands at `at` that is the node's name."""
    shut = at + 1 + shapes.size[node]
    if shut + 1 >= end or data[shut] != QUOTE or data[shut + 1] != COLON or data[at] != QUOTE:
        return False
    return is_named(shapes, node, data, at + 1, shut)


@part
def guess(shapes: Shapes, parent: int, before: int, data: Bytes, at: int, end: int) -> int:
    """The node of the key at `at`, found without its hash: keys come in much the same order each time. 0 if it is none of the next few."""
    node = shapes.next[before] if before else shapes.first[parent]
    for _ in range(_GUESSES):
        if node == 0 or is_here(shapes, node, data, at, end):
            return int(node)
        node = shapes.next[node]
    return 0


@part
def role_of(shapes: Shapes, parent: int, data: Bytes, begin: int, end: int) -> int:
    """The role of a key: a context is the negative of its event's node."""
    above = _TOP if parent < 0 else shapes.role[parent]
    for role in range(len(_ROLE_ABOVE)):
        if _ROLE_ABOVE[role] == above and is_name(_ROLE_NAMES, role, data, begin, end):
            return role
    return NOT


@part
def look_up(shapes: Shapes, parent: int, before: int, data: Bytes, at: int, end: int) -> int:
    """The node of the key at `at` by its hash; it is put in line after `before`."""
    shut = text_end(data, at + 1, end) - 1
    node = child(shapes, parent, data, at + 1, shut)
    if node != FULL:
        shapes.role[node] = role_of(shapes, parent, data, at + 1, shut)
    if node != FULL and before:
        shapes.next[node], shapes.next[before] = shapes.next[before], node
    elif node != FULL:
        shapes.next[node], shapes.first[parent] = shapes.first[parent], node
    return node


@part
def learn(shapes: Shapes, root: int, data: Bytes, at: int, end: int) -> int:  # noqa: C901 - a parser's loop
    """Whether the object from `at` to `end`, plain JSON, has a key or a sort of value that `root` has not seen: now it has (LEARNED, a bit).

    OPEN, another: it has a value whose sort is not told here, or there is no room to remember one. STRANGE: as a context it has not one text, or
    none, at each of PATHS.
    """
    above = shapes.above
    above[0] = root
    depth, found, before, groups = 0, 0, 0, 0
    at += 1
    while True:
        while data[at] == SHUT_OBJECT:
            depth, at = depth - 1, at + 1
            if depth < 0:
                return found
            before = above[depth + 1]
        if data[at] == COMMA:
            at += 1
        node = guess(shapes, above[depth], before, data, at, end)
        if node == 0:
            node = look_up(shapes, above[depth], before, data, at, end)
        if node == FULL:
            return found | OPEN | STRANGE
        at += shapes.size[node] + 3
        role = shapes.role[node]
        if role != NOT and (role >= _LEAVES) != (data[at] == OPEN_OBJECT) and data[at] != ord("n"):
            found |= STRANGE
        if data[at] == OPEN_OBJECT:
            if role >= _LEAVES:
                found |= STRANGE if (groups >> role) & 1 else 0
                groups |= 1 << role
            depth, at, before = depth + 1, at + 1, 0
            above[depth] = node
            continue
        before, begin, at = node, at, value_end(data, at, end)
        if 0 <= role < _LEAVES:
            found |= STRANGE if shapes.places[role, 0] != NOT else 0
            shapes.places[role, 0], shapes.places[role, 1] = begin, at
        sort = sort_of(data, begin, at)
        if sort == UNSURE:
            found |= OPEN
        elif sort != NOTHING and not (shapes.seen[node] >> sort) & 1:
            shapes.seen[node] |= 1 << sort
            found |= LEARNED
