"""The shortcut past the rules: which of a request's ordinary messages need none of them, told for all at once.

Python's cost is per step, so each question is asked of all messages in one step where C can answer it (a column of the members, a message's bytes).
Only when that says "perhaps not" is each message asked by itself. The shortcut decides against no message: the rules do.
"""

from __future__ import annotations

from operator import attrgetter

from clew.collect.rules import PROPERTY_BYTES, Call
from clew.collect.wire.counting import brackets
from clew.collect.wire.ordinary import Ordinary
from clew.collect.wire.reading import Body

_OBJECTS = (attrgetter("properties"), attrgetter("context"), attrgetter("traits"))
_begins_an_object = bytearray(b"{").__le__
"""No other JSON value begins with as high a byte. A comparison copies nothing; of a member that is absent it says NotImplemented."""


def find_exceptions(call: Call, body: Body) -> list[int]:
    """Places of the ordinary messages in `body` that must go through the rules after all, ascending. Nearly always none."""
    limits = call.limits
    max_bytes = min(limits.max_message_bytes, limits.max_properties * PROPERTY_BYTES)
    if (
        max(map(len, body.elements)) <= max_bytes
        and len(body.elements) <= limits.max_batch_messages
        and all_are_usual(body.ordinary, call.type)
        and max(map(brackets, body.elements)) <= limits.max_depth
    ):
        return []
    return [
        index
        for index, (message, raw) in enumerate(zip(body.ordinary, body.elements, strict=True))
        if len(raw) > max_bytes or index >= limits.max_batch_messages or not all_are_usual([message], call.type) or brackets(raw) > limits.max_depth
    ]


def all_are_usual(messages: list[Ordinary], kind: str | None) -> bool:
    """What the types leave open: that each names somebody, holds objects where objects belong, and is of the path's type."""
    return (
        not any(False in map(_begins_an_object, map(member, messages)) for member in _OBJECTS)
        and all([message.user_id or message.anonymous_id for message in messages])  # noqa: C419 - a list is faster than a generator
        and (kind is None or all([message.kind == kind for message in messages]))  # noqa: C419
    )
