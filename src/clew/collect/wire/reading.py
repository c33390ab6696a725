"""A request's body -> the messages in it. What cannot be read as a whole is read message by message."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from clew.collect.wire.grammar import UNREADABLE, is_json
from clew.collect.wire.message import decode_members, names_members_once, repeated
from clew.collect.wire.ordinary import Ordinary, read_ordinary, read_ordinary_message
from clew.collect.wire.split import split
from clew.errors import RequestError

NOTHING = msgspec.Raw(b"null")
BOM = b"\xef\xbb\xbf"


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What stands around the messages of a batch. A legacy client's `timestamp` there is no event's time and is not read."""

    batch: list[msgspec.Raw]
    sent_at: msgspec.Raw = NOTHING
    context: msgspec.Raw = NOTHING
    integrations: msgspec.Raw = NOTHING
    write_key: msgspec.Raw = NOTHING


class Body(NamedTuple):
    """The messages of a request, in order, and what holds for all of them."""

    elements: list[bytes]
    ordinary: list[Ordinary] = []  # noqa: RUF012
    """The same messages decoded, if all have the form of ordinary ones; else none."""
    sent_at: Any = None
    context: dict[str, msgspec.Raw] | None = None
    integrations: dict[str, msgspec.Raw] | None = None
    write_key: str | None = None


class _Keyed(msgspec.Struct, frozen=True, rename="camel"):
    write_key: msgspec.Raw = NOTHING


_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_keyed = msgspec.json.Decoder(_Keyed).decode


def read_batch(body: bytes) -> Body:
    """The body of a batch call. Raises RequestError (400) if it is no object with a list `batch`, or nothing in it is JSON."""
    try:
        known = read_ordinary(body)
        if known is not None:
            return Body(known.elements, known.messages, known.sent_at, write_key=known.write_key)
        envelope = _decode_envelope(body)
        if not names_members_once(body):
            raise RequestError(400, "invalid_request", f"expected each member of the request once, found {repeated(body)} again")
        return _body([bytes(raw) for raw in envelope.batch], envelope)
    except msgspec.ValidationError as error:
        raise RequestError(400, "invalid_request", f"expected an object with a list of messages in batch: {error}") from error
    except UNREADABLE as error:
        return _read_parts(body, error)


def _read_parts(body: bytes, error: Exception) -> Body:
    parts = split(body)
    if parts is None or not any(is_json(element) for element in parts.elements):
        raise _not_json(error)
    try:
        if repeated(parts.envelope):
            raise _not_json(error)
        return _body(parts.elements, _decode_envelope(parts.envelope))
    except UNREADABLE as wrong:
        raise _not_json(wrong) from wrong


def read_single(body: bytes) -> Body:
    """The body of a call with one message. Raises RequestError (400) if it is not JSON, or no object."""
    element = body.removeprefix(BOM).strip()
    known = read_ordinary_message(element)
    if known is not None:
        return Body([element], [known], write_key=None if known.write_key is UNSET else _text(known.write_key))
    try:
        element.decode()
        return Body([element], write_key=_text(_decode_keyed(element).write_key))
    except msgspec.ValidationError as error:
        raise RequestError(400, "invalid_request", f"expected a message, which is an object: {error}") from error
    except UNREADABLE as error:
        if is_json(element):
            return Body([element])
        raise _not_json(error) from error


def _body(elements: list[bytes], envelope: Envelope) -> Body:
    return Body(
        elements,
        sent_at=_value(envelope.sent_at),
        context=_members(envelope.context),
        integrations=_members(envelope.integrations),
        write_key=_text(envelope.write_key),
    )


def _members(raw: msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    """The members of an object; None for an empty one, and for anything else."""
    if raw is NOTHING:
        return None
    try:
        return decode_members(raw) or None
    except UNREADABLE:
        return None


def _value(raw: msgspec.Raw) -> Any:
    try:
        return None if raw is NOTHING else msgspec.json.decode(raw)
    except UNREADABLE:
        return bytes(raw[:100]).decode(errors="replace")


def _text(raw: msgspec.Raw) -> str | None:
    value = _value(raw)
    return value if isinstance(value, str) and value else None


def _not_json(error: Exception) -> RequestError:
    return RequestError(400, "invalid_json", f"expected JSON in UTF-8, found something else: {error}")
