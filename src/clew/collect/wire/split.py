"""JSON by its quotes and brackets alone: what can be told of a text that as a whole is no JSON, or that no reader takes.

So the messages of a batch are found even where one holds broken text, half a surrogate pair, NaN or a nesting of 10,000.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]', re.DOTALL)


class Token(NamedTuple):
    """A string, bracket, comma or colon. `depth`: brackets open around it; 0 for the outermost pair itself."""

    text: bytes
    place: int
    depth: int


class Parts(NamedTuple):
    """A batch's body: its elements, and what stands around them, with `[]` in their place."""

    elements: list[bytes]
    envelope: bytes


def tokens(raw: bytes) -> Iterator[Token]:
    """All but numbers, literals and spaces."""
    depth = 0
    for match in _TOKEN.finditer(raw):
        text = match[0]
        if text == b"}" or text == b"]":
            depth -= 1
        yield Token(text, match.start(), depth)
        if text == b"{" or text == b"[":
            depth += 1


def nesting(raw: bytes) -> int:
    """How deep objects and lists are nested."""
    return max((token.depth + 1 for token in tokens(raw) if token.text in (b"{", b"[")), default=0)


def member_names(raw: bytes) -> list[str]:
    """The names of an object's members, in order, with those that stand there twice. `raw` is JSON."""
    strings = pairwise(token for token in tokens(raw) if token.depth == 1)
    return [msgspec.json.decode(name.text) for name, colon in strings if colon.text == b":"]


def split(body: bytes) -> Parts | None:
    """The parts of `{..., "batch": [...], ...}`; None if its brackets do not close or no such list is found."""
    edges = _edges(body)
    if len(edges) < 2:
        return None
    elements = [body[a + 1 : b].strip() for a, b in pairwise(edges)]
    return Parts([] if elements == [b""] else elements, body[: edges[0]] + b"[]" + body[edges[-1] + 1 :])


def _edges(body: bytes) -> list[int]:
    """Where the list's opening bracket, the commas between its elements and its closing bracket stand; [] if they cannot be told."""
    edges: list[int] = []
    inside, before = False, (b"", b"")
    for text, place, depth in tokens(body):
        if not edges and depth == 1 and text == b"[" and before == (b'"batch"', b":"):
            edges, inside = [place], True
        elif inside and ((depth == 2 and text == b",") or (depth == 1 and text == b"]")):
            edges.append(place)
            inside = text == b","
        before = (before[1], text)
    return [] if inside else edges
