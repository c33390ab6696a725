"""A line of the log: sealed by a checksum when written, checked when read.

    {"xxh3":"<16 hex digits>",<members of the stamp>,"message":<the message as received>}

The checksum is XXH3 (64 bit) of all bytes after the comma that follows it, without the newline. An empty line is a deleted record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain, repeat
from operator import itemgetter

import msgspec
import xxhash

from clew.errors import CorruptRecord
from clew.messages import Stamp

_OPEN = b'{"xxh3":"'
_SHUT = b'",'
_MESSAGE = b',"message":'
_CHECKED_FROM = len(_OPEN) + 16 + len(_SHUT)

_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines
_digest = xxhash.xxh3_64_hexdigest
_join = b"".join
_head = itemgetter(slice(0, _CHECKED_FROM))
_body = itemgetter(slice(_CHECKED_FROM, None))


def seal(stamp: Stamp, message: bytes) -> bytes:
    """One line, newline included. `message` is a JSON value; newlines between its tokens become spaces."""
    return seal_bodies([body(stamp, message)])


def seal_bodies(bodies: Collection[bytes]) -> bytes:
    """The lines of these bodies, newlines included."""
    return _join(chain.from_iterable(zip(_seals(bodies), bodies, repeat(b"\n"), strict=False)))


def body(stamp: Stamp, message: bytes) -> bytes:
    """What the line of a message holds after its checksum."""
    return _join((_encode(stamp)[1:-1], _MESSAGE, _one_line(message), b"}"))


def all_bodies(stamps: Sequence[Stamp], messages: Iterable[bytes]) -> list[bytes]:
    """What `body` returns for each stamp and its message, in fewer steps."""
    heads = _encode_lines(stamps).split(b"\n")[:-1]  # JSON has no raw newline inside
    lines = [_one_line(message) if 10 in message or 13 in message else message for message in messages]
    return [_join((head[1:-1], _MESSAGE, line, b"}")) for head, line in zip(heads, lines, strict=True)]


def _one_line(message: bytes) -> bytes:
    """JSON has no raw newline inside a string, so those in `message` stand between tokens."""
    return message.replace(b"\n", b" ").replace(b"\r", b" ") if 10 in message or 13 in message else message


def check(line: bytes) -> None:
    """Raises CorruptRecord unless `line` (without newline) is empty or as it was sealed."""
    if not line or _seals([_body(line)])[0] == _head(line):
        return
    if not line.startswith(_OPEN) or line[_CHECKED_FROM - len(_SHUT) : _CHECKED_FROM] != _SHUT:
        raise CorruptRecord(f"expected a line that begins with a checksum, found {line[:40]!r}")
    raise CorruptRecord(f"expected checksum {_digest(_body(line))}, found {line[len(_OPEN) : _CHECKED_FROM - len(_SHUT)].decode(errors='replace')}")


def all_intact(lines: list[bytes]) -> bool:
    """Whether no line is corrupt: one comparison for all, because Python's cost is per step."""
    present = [line for line in lines if line] if b"" in lines else lines
    return not present or _join(_seals(map(_body, present))) == _join(map(_head, present))


def _seals(bodies: Iterable[bytes]) -> list[bytes]:
    """What a line begins with before each of these bodies: encoded all at once, since Python's cost is per step."""
    between = (_SHUT + b"\n" + _OPEN).decode()
    return (_OPEN.decode() + between.join(map(_digest, bodies)) + _SHUT.decode()).encode().split(b"\n")
