"""One message's bytes -> its members; or why it cannot be read by every reader to the same result."""

from __future__ import annotations

import msgspec

from clew.collect.wire.counting import brackets
from clew.collect.wire.grammar import UNREADABLE, decode_raw, is_json
from clew.collect.wire.split import member_names, nesting
from clew.errors import Refused
from clew.messages import Message, decode_message

LOG_DEPTH = 200
"""Nesting that every reader of the log takes, however deep its own calls."""
decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


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
        raise Refused("duplicate_keys", f"expected each member of the message once, found {repeated(raw)} again")
    return message


def is_shallow(raw: bytes, max_depth: int) -> bool:
    """Whether `raw` is nested no deeper than `max_depth`. Counting brackets settles it for nearly all."""
    return brackets(raw) <= max_depth or nesting(raw) <= max_depth


def names_members_once(raw: bytes) -> bool:
    """Whether no member of the object `raw` stands in it twice. Written again without spaces it is as long as before, if so."""
    compact = msgspec.json.format(raw, indent=-1)
    return len(msgspec.json.encode(decode_members(compact))) == len(compact) or not repeated(raw)


def repeated(raw: bytes) -> str:
    """A name that stands in the object twice, or nothing."""
    names = member_names(raw)
    return next((name for number, name in enumerate(names) if name in names[:number]), "")


def is_kept_as_text(raw: bytes) -> bool:
    """Whether `raw` cannot stand in a line of the log as it is."""
    try:
        raw.decode()
        decode_raw(raw)
    except UNREADABLE:
        return True
    return not is_shallow(raw, LOG_DEPTH)


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


def _too_deep(raw: bytes, max_depth: int) -> Refused:
    return Refused("too_deep", f"expected nesting of at most {max_depth} (collect.max_depth), found {nesting(raw)}")


def _excerpt(raw: bytes) -> str:
    return raw[:60].decode(errors="replace")
