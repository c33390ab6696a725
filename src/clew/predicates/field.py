"""What a condition looks at: a property of the event, a column of it or of its session, or a trait of its person. As Python and as SQL."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from clew.quoting import literal

COLUMNS = ("type", "source", "platform", "device_id", "group_id", "user_id", "anonymous_id", "universal_user_id")
"""Columns of mapped_tracks that conditions may name: `@platform`."""
OF_SESSION = (
    *("channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer", "country"),
    *("device", "browser", "os", "landing", "exit", "visit"),
)
"""What is told of the session that an event lies in, by the keys that session metrics are broken down by: `@channel`."""

_NOT_IN_A_PATH = frozenset('"*\\')
_DIGITS = r"\d+(?:_\d+)*"
_NUMBER = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?", re.ASCII)
"""What the database takes for a number when it casts text to DOUBLE."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A column (of COLUMNS or OF_SESSION), or a property or trait by its keys from the outermost object inwards. Either has one or the other.

    A person's trait is what the newest of their identify calls says that names it.
    """

    column: str | None = None
    path: tuple[str, ...] = ()
    of: Literal["event", "person"] = "event"
    """Whose the path is: a property of the event, or a trait of its person."""

    @property
    def property_name(self) -> str | None:
        """The outermost key of a property."""
        return self.path[0] if self.path and self.of == "event" else None

    @property
    def trait_name(self) -> str | None:
        """The name of a trait."""
        return self.path[0] if self.path and self.of == "person" else None

    def value(self, columns: Mapping[str, str | None], properties: Mapping[str, Any], traits: Mapping[str, Any]) -> Any:
        """The value in an event; None where it is missing or null."""
        if self.column is not None:
            return columns.get(self.column)
        found: Any = properties if self.of == "event" else traits
        for key in self.path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def sql(self) -> str:
        """The value as text; NULL where it is missing or null."""
        return self.column if self.column is not None else f"({self._above()}->>{steps(self.path)[-1]})"

    def text_sql(self) -> str:
        """The value where it is text or a whole number."""
        if self.column is not None:
            return self.column
        return f"CASE WHEN json_type({self._above()}->{steps(self.path)[-1]}) IN ('VARCHAR', 'BIGINT', 'UBIGINT') THEN {self.sql()} END"

    def number_sql(self) -> str:
        """The value as a number; NULL where it is none."""
        return f"TRY_CAST({self.sql()} AS DOUBLE)"

    def _above(self) -> str:
        return "->".join(("properties" if self.of == "event" else "traits", *steps(self.path)[:-1]))

    def __str__(self) -> str:
        if self.column is not None:
            return f"@{self.column}"
        return ".".join([*(["@person"] if self.of == "person" else []), *(key if _BARE_KEY.fullmatch(key) else quoted(key) for key in self.path)])


_BARE_KEY = re.compile(r"[^\s.,{}|=!<>~^\"()@$\\]+")


def text(value: Any) -> str | None:
    """Text and whole numbers as text; None for all else. As `Field.text_sql` has it."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**64 else None


def is_text(value: Any, operand: str) -> bool:
    """Whether the value is written like the operand: true and false as JSON has them."""
    return value == operand if isinstance(value, str) else isinstance(value, bool) and operand == str(value).lower()


def number(value: Any) -> float | None:
    """The value as a number, also where text holds one; None where it is none or not finite."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        bare = value.strip(" \t\n\v\f\r")
        found = float(bare.replace("_", "")) if _NUMBER.fullmatch(bare) else None
    else:
        found = _float(value) if isinstance(value, int | float) else None
    return found if found is not None and math.isfinite(found) else None


def _float(value: float) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def quoted(value: str) -> str:
    """`value` in double quotes, as the text form of predicates has it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def steps(path: tuple[str, ...]) -> list[str]:
    """JSON paths to take one after the other, as SQL strings: a key that such a path cannot name stands alone, as a JSON pointer."""
    steps: list[str] = []
    for key in path:
        name = f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else f'."{key}"'
        if not key or not _NOT_IN_A_PATH.isdisjoint(key):
            steps.append("/" + key.replace("~", "~0").replace("/", "~1"))
        elif steps and steps[-1].startswith("$"):
            steps[-1] += name
        else:
            steps.append("$" + name)
    return [literal(step) for step in steps]
