"""The names that people give to what they keep."""

from __future__ import annotations

import re

from clew.errors import StateError

LONGEST = 120
"""Characters of a name."""
_NAME = re.compile(rf"[^\x00-\x1f\x7f]{{1,{LONGEST}}}")


def named(text: str) -> str:
    """The name without spaces around it. Raises StateError where it is empty, too long or has control characters."""
    name = text.strip()
    if not _NAME.fullmatch(name):
        raise StateError(f"expected a name of 1 to {LONGEST} characters on one line, found {text[:40]!r}")
    return name
