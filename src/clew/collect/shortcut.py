"""The shortcut past the rules: which of a request's ordinary messages need none of them, told for all at once.

Python's cost is per step, so each question is asked of all messages in one step where C can answer it (a column, a stretch of the body).
Only when that says "perhaps not" is each message asked by itself. The shortcut decides against no message: the rules do.
"""

from __future__ import annotations

from itertools import pairwise
from struct import Struct

from msgspec import UNSET

from clew.collect.rules import PROPERTY_BYTES, Call
from clew.collect.wire.ordinary import Ordinary
from clew.collect.wire.reading import Body

STRETCH = 512
"""Bytes of a body whose brackets are counted together, unless a message is longer. Two such stretches of usual JSON hold fewer than 64."""
BRACE = (ord("{"),)

_first_byte = Struct("B").unpack_from  # without a copy of the rest


def find_exceptions(call: Call, body: Body) -> list[int]:
    """Places of the ordinary messages in `body` that must go through the rules after all, ascending. Nearly always none."""
    limits = call.limits
    max_bytes = min(limits.max_message_bytes, limits.max_properties * PROPERTY_BYTES)
    longest = max(map(len, body.elements))
    if (
        longest <= max_bytes
        and len(body.elements) <= limits.max_batch_messages
        and all_are_usual(body.ordinary, call.type)
        and is_flat(body.text, longest, limits.max_depth)
    ):
        return []
    return [
        index
        for index, (message, raw) in enumerate(zip(body.ordinary, body.elements, strict=True))
        if len(raw) > max_bytes
        or index >= limits.max_batch_messages
        or not all_are_usual([message], call.type)
        or raw.count(b"{") + raw.count(b"[") > limits.max_depth
    ]


def all_are_usual(messages: list[Ordinary], kind: str | None) -> bool:
    """What the types leave open: that each names somebody, holds objects where objects belong, and is of the path's type."""
    objects = [
        *[value for message in messages if (value := message.properties) is not UNSET],
        *[value for message in messages if (value := message.context) is not UNSET],
        *[value for message in messages if (value := message.traits) is not UNSET],
    ]
    return (
        list(map(_first_byte, objects)).count(BRACE) == len(objects)
        and all([message.user_id or message.anonymous_id for message in messages])  # noqa: C419 - a list is faster than a generator
        and (kind is None or all([message.kind == kind for message in messages]))  # noqa: C419
    )


def is_flat(text: bytes, longest: int, max_depth: int) -> bool:
    """Whether no `longest` bytes of `text` can hold more than `max_depth` opening brackets, and so none of its messages be nested deeper.

    Any `longest` bytes lie in two stretches next to each other.
    """
    size = max(longest, STRETCH)
    starts = range(0, len(text), size)
    counts = [text.count(b"{", start, start + size) for start in starts]
    if text.find(b"[", text.find(b"[") + 1) >= 0:  # another than that of the batch itself
        counts = [braces + text.count(b"[", start, start + size) for start, braces in zip(starts, counts, strict=True)]
    return counts[0] <= max_depth and all(one + next_one <= max_depth for one, next_one in pairwise(counts))
