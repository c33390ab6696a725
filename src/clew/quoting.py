"""Values and names written into SQL, where they cannot be bound. Every query of ours that holds a text holds it by these two."""

from __future__ import annotations


def literal(text: str) -> str:
    """`text` as an SQL string. A statement can hold no NUL: where the text has one, it is put together.

    >>> print(literal("it's"), literal("a" + chr(0) + "b"))
    'it''s' ('a' || chr(0) || 'b')
    """
    quoted = "'" + text.replace("'", "''") + "'"
    return quoted if "\0" not in text else "(" + quoted.replace("\0", "' || chr(0) || '") + ")"


def identifier(name: str) -> str:
    """`name` as the name of a table or a column.

    >>> print(identifier('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'
