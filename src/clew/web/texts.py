"""Texts of any length in little room, and messages whose commands stand out."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_COMMAND = re.compile("`([^`\n]+)`")


def short(text: str, most: int = 64) -> str:
    """What a list shows of a text of any length.

    >>> short("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def coded(text: str) -> Markup:
    """A message for a page: what stands between backticks, as messages name commands, is code. All of it is escaped.

    >>> coded("run `clew build`, not <b>")
    Markup('run <code>clew build</code>, not &lt;b&gt;')
    """
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped in full before
