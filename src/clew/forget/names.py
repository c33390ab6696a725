"""Whether a message that is in no model names a person: one that was refused, whose id was used before, or that could not be loaded."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from clew.collect.wire.split import tokens
from clew.messages import decode_message, identifier
from clew.state import Named


class Names:
    """The names of one person, in their identity space."""

    def __init__(self, named: Named, spaces: dict[str, str]) -> None:
        self._own = frozenset(named.own)
        self._shared = frozenset(named.shared)
        self._space = named.space
        self._spaces = spaces

    def is_in(self, source: str, raw: bytes) -> bool:
        """Whether the message names an identifier of theirs alone, or one of their shared devices and no other user.

        What is no message by its form names whoever stands in it as a text of its own.
        """
        if self._spaces.get(source, "") != self._space:
            return False
        try:
            message = decode_message(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return not self._own.isdisjoint(_texts(raw))
        user = _identifier(message.user_id)
        device, previous = _identifier(message.anonymous_id), _identifier(message.previous_id)
        if not self._own.isdisjoint((user, device, previous)):
            return True
        return user is None and not self._shared.isdisjoint((device, previous))


def _identifier(value: object) -> str | None:
    with suppress(ValueError):
        return identifier(value)
    return None


def _texts(raw: bytes) -> set[str]:
    """The texts that stand between quotes, wherever: in a message as sent, and in one that is kept as a text."""
    found = set()
    for token in tokens(raw):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            if token.text.startswith(b'"'):
                found.add(msgspec.json.decode(token.text, type=str))
    return found
