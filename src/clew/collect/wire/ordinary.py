"""The shortcut: batches of messages that no rule would touch, told by one typed decode instead of a dozen rules in Python.

Nearly all batches are so. The shortcut never decides against a message: what it does not know goes through the rules, which say what is
wrong. A property test holds the two together: whatever is ordinary passes every rule unchanged.

How it knows that a batch holds nothing but what was decoded: it writes it again and compares lengths. Members are raw JSON or text, so the
new text of a message is never longer than what was sent, and it is shorter if there was a member twice, one that is not listed here, or a
space. If all together are as long as the body, each is as long as it was there, and its bytes are found by adding up lengths.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from clew.messages import MessageType

Text = Annotated[str, Meta(min_length=1)]
Id = str | UnsetType | None
Value = Raw | UnsetType
LIST = b'"batch":['


class Common(msgspec.Struct, tag_field="type", rename="camel", omit_defaults=True, kw_only=True, gc=False):
    """What may stand at the top of an ordinary message. Null ids are written again as null; other members that are null are not listed."""

    kind: ClassVar[MessageType]
    message_id: Annotated[str, Meta(min_length=1, max_length=100)]
    anonymous_id: Id = UNSET
    user_id: Id = UNSET
    previous_id: Id = UNSET
    group_id: Id = UNSET
    event: Id = UNSET
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    properties: Value = UNSET
    traits: Value = UNSET
    context: Value = UNSET
    integrations: Value = UNSET
    name: Value = UNSET
    category: Value = UNSET
    channel: Value = UNSET
    version: Value = UNSET
    received_at: Value = UNSET
    write_key: Value = UNSET
    metadata: Value = msgspec.field(name="_metadata", default=UNSET)


class Track(Common, tag="track"):
    kind = "track"
    event: Text


class Identify(Common, tag="identify"):
    kind = "identify"


class Page(Common, tag="page"):
    kind = "page"


class Screen(Common, tag="screen"):
    kind = "screen"


class Group(Common, tag="group"):
    kind = "group"
    group_id: Text


class Alias(Common, tag="alias"):
    kind = "alias"
    user_id: Text
    previous_id: Text


Ordinary = Track | Identify | Page | Screen | Group | Alias


class OrdinaryBatch(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A batch whose envelope says nothing about its messages but when and with which key they were sent."""

    batch: list[Ordinary]
    sent_at: str | None = None
    timestamp: str | None = None
    message_id: str | None = None
    write_key: str | None = None


class Read(NamedTuple):
    """The messages of a batch: decoded, and their bytes as sent."""

    messages: list[Ordinary]
    elements: list[bytes]
    sent_at: str | None
    write_key: str | None


_decode = msgspec.json.Decoder(OrdinaryBatch).decode
_encode = msgspec.json.Encoder().encode


def read_ordinary(body: bytes) -> Read | None:
    """The batch, if all its messages have the members of ordinary ones, no more, and no space between them. None: who knows."""
    try:
        if not body.isascii():
            body.decode()
        envelope = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    messages, envelope.batch = envelope.batch, []
    sizes = [len(_encode(message)) for message in messages]
    commas = max(0, len(sizes) - 1)
    if len(_encode(envelope)) + sum(sizes) + commas != len(body):
        return None
    return Read(messages, _cut(body, sizes), envelope.sent_at, envelope.write_key)


def _cut(body: bytes, sizes: list[int]) -> list[bytes]:
    """The elements. No text before the list can look like its beginning, since a quote inside a text has a backslash before it."""
    begin, elements = body.index(LIST) + len(LIST), []
    for size in sizes:
        end = begin + size
        elements.append(body[begin:end])
        begin = end + 1
    return elements


def is_ordinary(message: Ordinary, raw: bytes, max_depth: int) -> bool:
    """What the types leave open: that it names somebody, holds objects where objects belong, and cannot be nested deep."""
    return bool(
        (message.user_id or message.anonymous_id)
        and ((properties := message.properties) is UNSET or bytes(properties)[:1] == b"{")
        and ((context := message.context) is UNSET or bytes(context)[:1] == b"{")
        and ((traits := message.traits) is UNSET or bytes(traits)[:1] == b"{")
        and raw.count(b"{") + (raw.count(b"[") if b"[" in raw else 0) <= max_depth
    )
