"""The shortcut: batches of messages that no rule would touch, told by one typed decode instead of a dozen rules in Python.

Nearly all batches are so. The shortcut never decides against a message: what it does not know goes through the rules, which say what is
wrong. A property test holds the two together: whatever is ordinary passes every rule unchanged.

How it knows that a batch holds nothing but what was decoded: it writes it again and compares lengths, not counting spaces. Members are raw
JSON or text, so the new text of a message is never longer than what was sent, and it is shorter if there was a member twice or one that is
not listed here. If all together are as long as the body, each is as long as it was there. In a body without spaces between members the
messages' bytes are found by adding up lengths; else they are decoded once more as raw JSON.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from clew.collect.wire.counting import without_spaces
from clew.messages import MessageType

Text = Annotated[str, Meta(min_length=1)]
Id = str | UnsetType | None
Value = Raw | UnsetType
LIST = b'"batch":['
LOOK = 200
"""Bytes at the beginning of a body that show whether its writer puts spaces after colons, as Python's json does."""


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


class RawBatch(msgspec.Struct):
    """The bytes of each message."""

    batch: list[Raw]


_decode = msgspec.json.Decoder(OrdinaryBatch).decode
_decode_raw = msgspec.json.Decoder(RawBatch).decode
_decode_one = msgspec.json.Decoder(Ordinary).decode
_encoder = msgspec.json.Encoder()
_encode, _encode_into = _encoder.encode, _encoder.encode_into


def read_ordinary(body: bytes) -> Read | None:
    """The batch, if it and all its messages have the members of ordinary ones and no more. None: who knows."""
    try:
        if not body.isascii():
            body.decode()
        envelope = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    elements = _raw_elements(body, envelope) if b'": ' in body[:LOOK] else _cut_elements(body, envelope)
    return None if elements is None else Read(envelope.batch, elements, envelope.sent_at, envelope.write_key)


def _cut_elements(body: bytes, envelope: OrdinaryBatch) -> list[bytes] | None:
    """The elements of a body without spaces; None if there is more in it than in `envelope`."""
    scratch = bytearray()
    sizes = [len(scratch) for message in envelope.batch if _encode_into(message, scratch) is None]
    around = len(_encode(msgspec.structs.replace(envelope, batch=[])))
    return _cut(body, sizes) if len(body) == around + sum(sizes) + max(0, len(sizes) - 1) else None


def _raw_elements(body: bytes, envelope: OrdinaryBatch) -> list[bytes] | None:
    """The same for a body with spaces."""
    return list(map(bytes, _decode_raw(body).batch)) if without_spaces(body) == without_spaces(_encode(envelope)) else None


def read_ordinary_message(raw: bytes) -> Ordinary | None:
    """The same for one message."""
    try:
        if not raw.isascii():
            raw.decode()
        message = _decode_one(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    again = _encode(message)
    return message if len(again) == len(raw) or without_spaces(again) == without_spaces(raw) else None


def _cut(body: bytes, sizes: list[int]) -> list[bytes]:
    """The elements. No text before the list can look like its beginning, since a quote inside a text has a backslash before it."""
    begin, elements = body.index(LIST) + len(LIST), []
    for size in sizes:
        end = begin + size
        elements.append(body[begin:end])
        begin = end + 1
    return elements
