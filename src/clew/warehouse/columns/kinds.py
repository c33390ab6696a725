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
OBJECT = 512
"""An object stood where another value stands elsewhere. It is flattened into other columns and takes no part in the type."""

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

_DATETIME = r'"(000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d{3})-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?"'
_MONEY_TEXT = r'"-?\d{1,14}(\.\d{1,4})?"'
_FRACTION = r"-?\d{1,11}\.\d+"


def column_type(kinds: int) -> str | None:
    """The type that holds every value of these kinds unrounded and uncut; None where there was no value yet."""
    kinds &= ~OBJECT
    return _TYPES.get(kinds, VARCHAR) if kinds else None


def kind_sql(json: str, *, money: bool = False) -> str:
    """SQL for the kind of `json`, an SQL expression of type JSON: one bit, 0 for null and nothing."""
    text = f"CAST({json} AS VARCHAR)"
    number = f"TRY_CAST({text} AS DOUBLE)"
    money_case = f"WHEN {_is_money(text)} THEN {MONEY} " if money else ""
    return f"""CASE WHEN {json} IS NULL OR {text} = 'null' THEN 0 WHEN starts_with({text}, '{{') THEN {OBJECT}
        {money_case}WHEN starts_with({text}, '[') THEN {ARRAY}
        WHEN starts_with({text}, '"') THEN CASE WHEN regexp_full_match({text}, '{_DATETIME}')
            AND TRY_CAST({text}[2:-2] AS TIMESTAMPTZ) IS NOT NULL THEN {DATETIME} ELSE {TEXT} END
        WHEN {text} IN ('true', 'false') THEN {BOOLEAN}
        WHEN regexp_full_match({text}, '-?\\d+') THEN CASE WHEN TRY_CAST({text} AS BIGINT) IS NULL THEN {HUGE}
            WHEN CAST({text} AS BIGINT) BETWEEN -9007199254740992 AND 9007199254740992 THEN {INTEGER} ELSE {LONG} END
        WHEN isfinite({number}) THEN {DOUBLE} ELSE {HUGE} END"""


def value_sql(text: str, kind: str) -> str:
    """SQL for the column's value of type `kind`, from `text`, an expression of type VARCHAR: the JSON value's text, unquoted."""
    if kind == VARCHAR:
        return text
    if kind == "TIMESTAMP":
        return f"CAST(CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"CAST({text} AS {kind})"


def _is_money(text: str) -> str:
    """A number that four decimals hold, give or take the noise of a double (56.849999999999994 is 56.85); or such a number as text."""
    number = f"TRY_CAST({text} AS DOUBLE)"
    return (
        f"regexp_full_match({text}, '-?\\d{{1,14}}|{_MONEY_TEXT}') OR (regexp_full_match({text}, '{_FRACTION}') "
        f"AND abs({number} - round({number}, 4)) <= 1e-12 * abs({number}))"
    )
