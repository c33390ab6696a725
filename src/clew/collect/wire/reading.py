"""A request's body -> the messages in it. What cannot be read as a whole is read message by message."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from clew.collect.wire.counting import brackets
from clew.collect.wire.ordinary import Ordinary, read_ordinary, read_ordinary_message
from clew.collect.wire.split import member_names, nesting, split
from clew.errors import Refused, RequestError
from clew.messages import Message, decode_message

NOTHING = msgspec.Raw(b"null")
LOG_DEPTH = 200
"""Nesting that every reader of the log takes, however deep its own calls."""
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
_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_PAIR_HALF_OR_ESCAPE = re.compile(rb"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|(\\u[dD][89a-fA-F]..)|\\.", re.DOTALL)


def read_batch(body: bytes) -> Body:
    """The body of a batch call. Raises RequestError (400) if it is no object with a list `batch`, or nothing in it is JSON."""
    try:
        known = read_ordinary(body)
        if known is not None:
            return Body(known.elements, known.messages, known.sent_at, write_key=known.write_key)
        envelope = _decode_envelope(body)
        if not names_members_once(body):
            raise RequestError(400, "invalid_request", f"expected each member of the request once, found {_repeated(body)} again")
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
        if _repeated(parts.envelope):
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


def read_message(raw: bytes, max_depth: int) -> Message:
    """The message in `raw`. Raises Refused if `raw` cannot be read, or not by every reader to the same result."""
    try:
        if not raw.isascii():
            raw.decode()
        message = decode_message(raw)
    except UNREADABLE as error:
        raise _why(raw, error, max_depth) from error
    if not is_shallow(raw, max_depth):
        raise _too_deep(raw, max_depth)
    if not names_members_once(raw):
        raise Refused("duplicate_keys", f"expected each member of the message once, found {_repeated(raw)} again")
    return message


def is_shallow(raw: bytes, max_depth: int) -> bool:
    """Whether `raw` is nested no deeper than `max_depth`. Counting brackets settles it for nearly all."""
    return brackets(raw) <= max_depth or nesting(raw) <= max_depth


def names_members_once(raw: bytes) -> bool:
    """Whether no member of the object `raw` stands in it twice. Written again without spaces it is as long as before, if so."""
    compact = msgspec.json.format(raw, indent=-1)
    return len(msgspec.json.encode(_decode_members(compact))) == len(compact) or not _repeated(raw)


def _repeated(raw: bytes) -> str:
    """A name that stands in the object twice, or nothing."""
    names = member_names(raw)
    return next((name for number, name in enumerate(names) if name in names[:number]), "")


def is_kept_as_text(raw: bytes) -> bool:
    """Whether `raw` cannot stand in a line of the log as it is."""
    try:
        raw.decode()
        _decode_raw(raw)
    except UNREADABLE:
        return True
    return not is_shallow(raw, LOG_DEPTH)


def _too_deep(raw: bytes, max_depth: int) -> Refused:
    return Refused("too_deep", f"expected nesting of at most {max_depth} (collect.max_depth), found {nesting(raw)}")


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
        return _decode_members(raw) or None
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


def _excerpt(raw: bytes) -> str:
    return raw[:60].decode(errors="replace")


def is_json(raw: bytes) -> bool:
    """Whether `raw` is JSON by its grammar: also what no reader takes, such as a nesting of 10,000 or half a surrogate pair."""
    try:
        raw.decode()
        _decode_raw(raw)
    except RecursionError:
        return True
    except UnicodeDecodeError:
        return False
    except msgspec.DecodeError:
        return has_half_pair(raw) and is_json(_PAIR_HALF_OR_ESCAPE.sub(_mend, raw))
    return True


def has_half_pair(raw: bytes) -> bool:
    """Whether an escape names one half of a surrogate pair without the other."""
    return any(match[2] for match in _PAIR_HALF_OR_ESCAPE.finditer(raw))


def _mend(match: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if match[2] else match[0]


def _why(raw: bytes, error: Exception, max_depth: int) -> Refused:
    """Why a message cannot be read. Only called when it cannot."""
    if isinstance(error, msgspec.ValidationError):
        if raw[:1] != b"{":
            return Refused("not_object", f"expected an object, found {_excerpt(raw)}")
        return Refused("invalid_number", f"expected numbers within the range of a double, found: {error}")
    if isinstance(error, UnicodeDecodeError):
        return Refused("invalid_text", "expected UTF-8, found other bytes")
    if nesting(raw) > max_depth:
        return _too_deep(raw, max_depth)
    if is_json(raw):
        return Refused("invalid_text", "expected whole characters, found an escape that names half of a surrogate pair")
    return Refused("invalid_json", f"expected JSON, found {_excerpt(raw)}: {error}")
