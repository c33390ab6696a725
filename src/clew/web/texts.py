"""Texts of any length in little room."""

from __future__ import annotations


def short(text: str, most: int = 64) -> str:
    """What a list shows of a text of any length.

    >>> short("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
