"""Segment's snake case: how event names, property names and paths become names of tables and columns.

Re-derived from Segment's published test pairs: ASCII letters and digits are kept, every other byte separates; a run of capitals and
digits is glued to the small letters after it, so `HTTPServerError` is `httpserver_error`.
"""

from __future__ import annotations

import re

# A clean start is copied as it is: small letters, digits, and single underscores inside.
_CLEAN = re.compile(r"(?:[a-z0-9]|(?<!^)_(?=[a-z0-9]))*", re.ASCII)
_WORD = re.compile(r"[A-Z0-9]*[a-z0-9]*", re.ASCII)
_LOWER = re.compile(r"[a-z]")


def snake(text: str) -> str:
    """`text` in Segment's snake case: only a-z, 0-9 and `_`. Empty where nothing of it is ASCII letters or digits.

    >>> snake("Order Completed"), snake("userID"), snake("HTTPServerError")
    ('order_completed', 'user_id', 'httpserver_error')
    """
    match = _CLEAN.match(text)
    clean = match[0] if match else ""
    if len(clean) == len(text):
        return text
    head, rest = clean, len(clean)
    if _continues(clean, text[rest]):
        word = _word(text, rest)
        head, rest = head + word.lower(), rest + len(word)
    return head + _tail(text, rest, started=bool(head))


def _continues(clean: str, offender: str) -> bool:
    """Whether capitals after the clean start belong to its last word: it has no small letter yet, or none since its last underscore."""
    return "A" <= offender <= "Z" and (not _LOWER.search(clean) or ("_" in clean and not _LOWER.search(clean.rpartition("_")[2])))


def _tail(text: str, at: int, *, started: bool) -> str:
    parts = []
    while at < len(text):
        word = _word(text, at)
        if word:
            parts.append(("_" if started else "") + word.lower())
            started = True
        at += len(word) or 1
    return "".join(parts)


def _word(text: str, at: int) -> str:
    match = _WORD.match(text, at)
    return match[0] if match else ""
