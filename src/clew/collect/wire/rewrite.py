"""Members added to a message as received: what its batch gives for all, and what only the collector can know.

The rest of the message stays as it was sent, number for number; only spaces between members may go.
"""

from __future__ import annotations

import msgspec

Members = dict[str, msgspec.Raw]

_decode = msgspec.json.Decoder(Members).decode
_encode = msgspec.json.encode
_ABSENT = (b"null", b"[]", b'""')


def with_defaults(raw: bytes, defaults: dict[str, Members]) -> bytes:
    """`raw` with the members of each object in `defaults` (such as `context`) that it does not have itself.

    A message that is no JSON object, or has something else in that place, is returned as it is: the rules say what is wrong with it.
    """
    try:
        members = _decode(raw)
        for name, wanted in defaults.items():
            own = _own(members.get(name))
            members[name] = msgspec.Raw(_encode({**wanted, **own}))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    return _encode(members)


def _own(raw: msgspec.Raw | None) -> Members:
    """The members that the message has there. Those that it gives as null are absent."""
    if raw is None or bytes(raw) in _ABSENT:
        return {}
    return {name: value for name, value in _decode(raw).items() if bytes(value) != b"null"}
