"""Finding the messages of a batch that is not JSON as a whole, so that those which are can be kept.

Goes by quotes and brackets alone: broken text, half surrogate pairs, NaN or a nesting of 10,000 in one message leave the others as they are.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]', re.DOTALL)


class Parts(NamedTuple):
    """A batch's body: its elements, and what stands around them, with `[]` in their place."""

    elements: list[bytes]
    envelope: bytes


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
    depth, inside, before = 0, False, (b"", b"")
    for match in _TOKEN.finditer(body):
        text = match[0]
        depth -= text == b"}" or text == b"]"
        if depth == 1 and text == b"[" and before == (b'"batch"', b":"):
            edges, inside = [match.start()], True
        elif inside and ((depth == 2 and text == b",") or (depth == 1 and text == b"]")):
            edges.append(match.start())
            inside = text == b","
        depth += text == b"{" or text == b"["
        before = (before[1], text)
    return [] if depth or inside else edges
