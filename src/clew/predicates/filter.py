"""The filter itself: alternatives of an event name with conditions. Each part answers in Python and in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from clew.predicates.field import Field, is_text, number, quoted, text
from clew.quoting import literal

Operator = Literal["is", "is not", "contains", "does not contain", "starts with", ">", ">=", "<", "<=", "set", "not set", "in"]
SYMBOLS: dict[str, Operator] = {
    "!=": "is not",
    "!~": "does not contain",
    "^=": "starts with",
    ">=": ">=",
    "<=": "<=",
    "=": "is",
    "~": "contains",
    ">": ">",
    "<": "<",
}
"""How operators are written, longer ones first."""
_WRITTEN = {operator: symbol for symbol, operator in SYMBOLS.items()}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a predicate looks at. `columns` are those of `COLUMNS` and `OF_SESSION`; `properties`, and `traits` of the person, are decoded JSON."""

    event: str | None
    columns: Mapping[str, str | None] = {}
    properties: Mapping[str, Any] = {}
    traits: Mapping[str, Any] = {}


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A field compared with values: none for `set` and `not set`, any number for `in`, else one.

    `is` compares text bytewise, and numbers in properties as numbers however they are written. `is not` and `does not contain` include what is
    missing. `contains` and `starts with` look at text and whole numbers; `>` and its like at numbers, also those in text.
    """

    field: Field
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, event: Event) -> bool:
        """Whether it holds of the event."""
        value = self.field.value(event.columns, event.properties, event.traits)
        match self.operator:
            case "is" | "in":
                return self._is_any(value)
            case "is not":
                return not self._is_any(value)
            case "contains" | "does not contain":
                return (self.values[0] in (text(value) or "") and text(value) is not None) is (self.operator == "contains")
            case "starts with":
                return (text(value) or "").startswith(self.values[0]) and text(value) is not None
            case "set" | "not set":
                return (value is not None) is (self.operator == "set")
            case _:
                return self._compares(number(value))

    def to_sql(self) -> str:
        """The same as a condition: true where it holds, else false or NULL."""
        match self.operator:
            case "is" | "in":
                return self._is_sql()
            case "is not":
                return f"NOT coalesce({self._is_sql()}, false)"
            case "contains":
                return self._contains_sql()
            case "does not contain":
                return f"NOT coalesce({self._contains_sql()}, false)"
            case "starts with":
                return f"starts_with({self.field.text_sql()}, {literal(self.values[0])})"
            case "set" | "not set":
                return f"{self.field.sql()} IS {'NOT ' if self.operator == 'set' else ''}NULL"
            case _:
                found = self.field.number_sql()
                return f"({found} {self.operator} {_number_sql(self.values[0])} AND isfinite({found}))"

    def _contains_sql(self) -> str:
        return f"contains({self.field.text_sql()}, {literal(self.values[0])})"

    def _is_any(self, value: Any) -> bool:
        numbers = [] if self.field.column else [number(operand) for operand in self.values]
        return any(is_text(value, operand) for operand in self.values) or (number(value) is not None and number(value) in numbers)

    def _is_sql(self) -> str:
        texts = f"{self.field.sql()} {_equal(list(map(literal, self.values)))}"
        numbers = [] if self.field.column else [_number_sql(operand) for operand in self.values if number(operand) is not None]
        if not numbers:
            return self._no_object(texts)
        return f"({self._no_object(texts)} OR {self.field.number_sql()} {_equal(numbers)})"

    def _no_object(self, texts: str) -> str:
        """An object or an array is no text, however it is written."""
        if self.field.column or not any(operand.startswith(("{", "[")) for operand in self.values):
            return texts
        return f"({texts} AND {self.field.text_sql()} IS NOT NULL)"

    def _compares(self, found: float | None) -> bool:
        operand = number(self.values[0])
        if found is None or operand is None:
            return False
        return {">": found > operand, ">=": found >= operand, "<": found < operand, "<=": found <= operand}[self.operator]

    def __str__(self) -> str:
        if self.operator in ("set", "not set"):
            return f"{'!' if self.operator == 'not set' else ''}{self.field}"
        if self.operator == "in":
            return f"{self.field} in ({', '.join(map(quoted, self.values))})"
        return f"{self.field}{_WRITTEN[self.operator]}{quoted(self.values[0])}"


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """An event's name (None: any event) and conditions, all of which must hold."""

    name: str | None = None
    where: tuple[Condition, ...] = ()

    def matches(self, event: Event) -> bool:
        return self.name in (None, event.event) and all(condition.matches(event) for condition in self.where)

    def to_sql(self) -> str:
        named = [] if self.name is None else [f"event = {literal(self.name)}"]
        return " AND ".join([*named, *(condition.to_sql() for condition in self.where)]) or "true"

    def __str__(self) -> str:
        conditions = ", ".join(map(str, self.where))
        return ("*" if self.name is None else quoted(self.name)) + (f"{{{conditions}}}" if conditions else "")


class Predicate(msgspec.Struct, frozen=True, kw_only=True):
    """Alternatives, of which at least one must hold."""

    alternatives: tuple[Alternative, ...]

    def matches(self, event: Event) -> bool:
        """Whether the event is meant."""
        return any(alternative.matches(event) for alternative in self.alternatives)

    def to_sql(self) -> str:
        """A condition on a row with `event`, these columns, `properties` and `traits` (JSON): true where it is meant, else false or NULL."""
        if len(self.alternatives) == 1:
            return self.alternatives[0].to_sql()
        return "(" + " OR ".join(f"({alternative.to_sql()})" for alternative in self.alternatives) + ")"

    @property
    def names(self) -> frozenset[str] | None:
        """The names of events that it can match; None: any."""
        names = [alternative.name for alternative in self.alternatives]
        return None if None in names else frozenset(name for name in names if name is not None)

    @property
    def fields(self) -> tuple[Field, ...]:
        """All that its conditions look at."""
        return tuple(condition.field for alternative in self.alternatives for condition in alternative.where)

    def __str__(self) -> str:
        return " | ".join(map(str, self.alternatives))


def _equal(values: list[str]) -> str:
    return f"= {values[0]}" if len(values) == 1 else f"IN ({', '.join(values)})"


def _number_sql(operand: str) -> str:
    value = number(operand)
    if value is None:
        raise ValueError(f"expected a number, found {operand!r}")
    if value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return repr(value) if "e" in repr(value) else f"{value!r}e0"
