"""Kinds of JSON values, and the column type that a set of kinds makes. Kinds are bits, so a set of them is an integer."""

from __future__ import annotations

BOOLEAN = 1
INTEGER = 2
"""Within 2^53: exact as a double too."""
LONG = 4
"""Beyond 2^53, within 64 bits."""
DOUBLE = 8
DATETIME = 16
"""Text that is an ISO 8601 date and time with at most microseconds."""
TEXT = 32
ARRAY = 64
HUGE = 128
"""A number that neither 64 bits nor a double can hold."""
MONEY = 256
"""In a column of money: a value that DECIMAL(18,4) holds."""

VARCHAR = "VARCHAR"
DECIMAL = "DECIMAL(18,4)"

_TYPES = {
    BOOLEAN: "BOOLEAN",
    INTEGER: "BIGINT",
    LONG: "BIGINT",
    INTEGER | LONG: "BIGINT",
    DOUBLE: "DOUBLE",
    INTEGER | DOUBLE: "DOUBLE",
    DATETIME: "TIMESTAMP",
    MONEY: DECIMAL,
}

_EXACT = 2**53


def column_type(kinds: int) -> str:
    """The type that holds every value of these kinds unrounded and uncut."""
    return _TYPES.get(kinds, VARCHAR)


def whole_kind(number: int) -> int:
    """The kind of a whole number."""
    if abs(number) <= _EXACT:
        return INTEGER
    return LONG if -(2**63) <= number < 2**63 else HUGE


def value_sql(text: str, kind: str) -> str:
    """SQL for the column's value of type `kind`, from `text`, an expression of type VARCHAR: the JSON value's text, unquoted.

    It never raises: a view must answer whatever is stored. What `kind` cannot hold is NULL, which the rule for types leaves no room for.
    """
    if kind == VARCHAR:
        return text
    if kind == "TIMESTAMP":
        return f"TRY_CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"TRY_CAST({text} AS {kind})"
