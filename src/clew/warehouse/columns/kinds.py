"""Kinds of JSON values, and the column type that a set of kinds makes. Kinds are bits, so a set of them is an integer."""

from __future__ import annotations

from clew.warehouse.columns.naming import MONEY as MONEY_NAMES

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
"""Not a value: its members are."""

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
_MONEY_KEY = f"[^a-zA-Z0-9]*((?i:{'|'.join(sorted(MONEY_NAMES))})[^a-zA-Z0-9]*)?"
"""A word for money, or what adds nothing to the name of the key above."""
_DATETIME = (
    "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    "(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
_MONEY_TEXT = '-?[0-9]{1,14}|"-?[0-9]{1,14}([.][0-9]{1,4})?"'


def column_type(kinds: int) -> str:
    """The type that holds every value of these kinds unrounded and uncut."""
    return _TYPES.get(kinds, VARCHAR)


def kind_sql(json: str) -> str:
    """SQL for the kind of `json`, an SQL expression of type JSON as DuckDB writes it: one bit, 0 for null.

    It runs on every value of a load, so the first character decides, by its code, and the shape of a date stands before its pattern.
    """
    datetime = f"{json} LIKE '\"____-__-__%' AND regexp_full_match({json}, '\"{_DATETIME}\"') AND TRY_CAST({json}[2:-2] AS TIMESTAMPTZ) IS NOT NULL"
    return f"""CASE ascii({json})
      WHEN {ord('"')} THEN CASE WHEN {datetime} THEN {DATETIME} ELSE {TEXT} END
      WHEN {ord("t")} THEN {BOOLEAN} WHEN {ord("f")} THEN {BOOLEAN} WHEN {ord("[")} THEN {ARRAY} WHEN {ord("n")} THEN 0 WHEN {ord("{")} THEN {OBJECT}
      ELSE CASE
        WHEN NOT regexp_full_match({json}, '-?[0-9]+') THEN CASE WHEN isfinite(TRY_CAST({json} AS DOUBLE)) THEN {DOUBLE} ELSE {HUGE} END
        WHEN strlen({json}) < 16 THEN {INTEGER}
        WHEN TRY_CAST({json} AS BIGINT) IS NULL THEN {HUGE}
        WHEN TRY_CAST({json} AS BIGINT) BETWEEN -{_EXACT} AND {_EXACT} THEN {INTEGER} ELSE {LONG} END END"""


def money_sql(key: str, json: str) -> str:
    """SQL for whether `json` is a number that four decimals hold, give or take the noise of a double (56.849999999999994 is 56.85); or such text.

    Under another `key` than a column of money may come from it is false, unseen.
    """
    number = f"CAST({json} AS DOUBLE)"
    return f"""CASE
      WHEN NOT regexp_full_match({key}, '{_MONEY_KEY}') THEN false
      WHEN regexp_full_match({json}, '{_MONEY_TEXT}') THEN true
      WHEN regexp_full_match({json}, '-?[0-9]{{1,11}}[.][0-9]+') THEN abs({number} - round({number}, 4)) <= 1e-12 * abs({number}) ELSE false END"""


def value_sql(text: str, kind: str) -> str:
    """SQL for the column's value of type `kind`, from `text`, an expression of type VARCHAR: the JSON value's text, unquoted.

    It never raises: a view must answer whatever is stored. What `kind` cannot hold is NULL, which the rule for types leaves no room for.
    """
    if kind == VARCHAR:
        return text
    if kind == "TIMESTAMP":
        return f"TRY_CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"TRY_CAST({text} AS {kind})"
