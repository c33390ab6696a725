"""Write keys: which source a request is from."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qs

from clew.config import Source


class Keys:
    """The write keys of a project, looked up the ways clients give them (segment.md A.2)."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._by_key = {source.write_key: source for source in sources}
        # What almost every client sends, answered by one lookup.
        self._by_header = {b"Basic " + base64.b64encode(f"{key}:".encode()): source for key, source in self._by_key.items()}

    def find(self, header: bytes, body_key: str | None, query: bytes) -> Source | None:
        """The source of the key in the `Authorization` header, else in the body, else in the query. The first place that has one decides."""
        usual = self._by_header.get(header)
        if usual is not None:
            return usual
        key = basic_key(header) or body_key or query_key(query)
        return self._by_key.get(key) if key else None


def basic_key(header: bytes) -> str | None:
    """The user name of an `Authorization: Basic` header, with or without the colon after it. None for other schemes and for nonsense."""
    scheme, _, credentials = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        padded = credentials.strip() + b"=" * (-len(credentials.strip()) % 4)
        return base64.b64decode(padded, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def query_key(query: bytes) -> str | None:
    """`writeKey` of a query string."""
    try:
        values = parse_qs(query.decode("latin-1"), max_num_fields=100).get("writeKey") if query else None
    except ValueError:
        return None
    return values[0] if values else None
