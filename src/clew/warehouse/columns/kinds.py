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

_EXACT = 2**53
_DATETIME = r"(000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d{3})-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?"
_MONEY_WHOLE = 10**14
_MONEY_TEXT = r"\d{1,14}(\.\d{1,4})?"
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
        WHEN starts_with({text}, '"') THEN {text_kind_sql(f"{text}[2:-2]")}
        WHEN {text} IN ('true', 'false') THEN {BOOLEAN}
        WHEN regexp_full_match({text}, '-?\\d+') THEN CASE WHEN TRY_CAST({text} AS BIGINT) IS NULL THEN {HUGE}
            WHEN CAST({text} AS BIGINT) BETWEEN -{_EXACT} AND {_EXACT} THEN {INTEGER} ELSE {LONG} END
        WHEN isfinite({number}) THEN {DOUBLE} ELSE {HUGE} END"""


def text_kind_sql(text: str) -> str:
    """SQL for the kind of a JSON string, given its inner text."""
    is_datetime = f"regexp_full_match({text}, '{_DATETIME}') AND TRY_CAST({text} AS TIMESTAMPTZ) IS NOT NULL"
    return f"CASE WHEN {text} IS NULL THEN 0 WHEN {is_datetime} THEN {DATETIME} ELSE {TEXT} END"


def whole_kinds(least: int, most: int, *, money: bool) -> int | None:
    """A kind for whole numbers in this range: the widest that may be among them. None where each must be looked at."""
    if money:
        return MONEY if least > -_MONEY_WHOLE and most < _MONEY_WHOLE else None
    if least >= -_EXACT and most <= _EXACT:
        return INTEGER
    return LONG if least >= -(2**63) and most < 2**63 else None


def fraction_kinds(most: float, *, money: bool, all_money: bool) -> int | None:
    """The same for numbers of which some have a fraction; `most`: the largest without its sign."""
    if money:
        return MONEY if all_money else None
    return DOUBLE if most < _EXACT else None


def all_money_sql(number: str) -> str:
    """SQL aggregate: whether all of `number`, of type DOUBLE, surely fit DECIMAL(18,4), but for the noise of a double."""
    return f"bool_and(abs({number}) < 1e11 AND abs({number} - round({number}, 4)) <= 1e-12 * abs({number}))"


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
        f"regexp_full_match({text}, '-?\\d{{1,14}}|\"-?{_MONEY_TEXT}\"') OR (regexp_full_match({text}, '{_FRACTION}') "
        f"AND abs({number} - round({number}, 4)) <= 1e-12 * abs({number}))"
    )
