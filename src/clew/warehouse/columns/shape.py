"""The shape of a JSON object: which paths it has and values of what kind, as one short text that many objects share.

DuckDB's `json_structure` tells numbers from texts from flags. What it does not tell is marked before: a date and time, and a price as text, are
replaced by an object whose only key nobody can guess. Objects in which a number or a text needs exact looking at are `odd`: they are their own
shape, and are read here value by value.
"""

# ruff: noqa: S608 - what is put into SQL here is constant, or made by the caller

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from clew.warehouse.columns import kinds
from clew.warehouse.columns.naming import MONEY

Path = tuple[str, ...]


class Leaf(NamedTuple):
    """A path, the kind of a value that stood there, and whether DECIMAL(18,4) holds it."""

    path: Path
    kind: int
    money: bool


_MARK = secrets.token_hex(8)
_DATETIME_MARK, _MONEY_MARK, _EMPTY_MARK = _MARK + "t", _MARK + "m", _MARK + "o"

_DAY = "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):?[0-5][0-9])?)?"
_SURE_DATETIME = f"[1-9][0-9]{{3}}-{_DAY}[T ]{_CLOCK}"
"""Surely one; other texts that begin like one are looked at exactly."""
_DATETIME = re.compile(r"(000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d{3})-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII)
_MONEY_KEY = f'"[^"a-zA-Z0-9]*(?:(?i:{"|".join(sorted(MONEY))})[^"a-zA-Z0-9]*)?":'
"""A key that is a word for money, or that adds nothing to the name of the key above it."""
_MONEY_TEXT = "-?[0-9]{1,14}(?:[.][0-9]{1,4})?"
_ODD = "|".join(
    (
        ":-?[0-9]{15}",  # near 2^53, or beyond DECIMAL(18,4)
        ":-?[0-9]{12,}[.]",
        ":-?[0-9.]+e[+-]?[0-9]{3}",  # perhaps beyond a double
        f"{_MONEY_KEY}-?(?:[0-9]+[.][0-9]{{5}}|[0-9.]+e)",
        ':"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}',  # not surely a time, or surely none
        r'\\[^"]*":',  # an escape in a key
    )
)
_STRUCTURE = {
    "BOOLEAN": (kinds.BOOLEAN, False),
    "UBIGINT": (kinds.INTEGER, True),
    "BIGINT": (kinds.INTEGER, True),
    "DOUBLE": (kinds.DOUBLE, True),
    "VARCHAR": (kinds.TEXT, False),
    # The same key twice with values of different sorts: the first one is taken, and text holds it whatever it is.
    "JSON": (kinds.TEXT, False),
}


def shapes_sql(json: str, columns: str, rows: str) -> str:
    """A SELECT of the distinct (`columns`, odd, shape) of `json`, a column of `rows` (what stands after FROM) with JSON as DuckDB writes it."""
    empty = f"""replace({json}, ':{{}}', ':{{"{_EMPTY_MARK}":0}}')"""
    times = f"""regexp_replace({empty}, ':"{_SURE_DATETIME}"', ':{{"{_DATETIME_MARK}":0}}', 'g')"""
    marked = f"""regexp_replace({times}, '({_MONEY_KEY})"{_MONEY_TEXT}"', '\\1{{"{_MONEY_MARK}":0}}', 'g')"""
    looked = f"SELECT *, regexp_matches(marked, '{_ODD}') AS odd FROM (SELECT *, {marked} AS marked FROM {rows})"
    return f"SELECT DISTINCT {columns}, odd, CASE WHEN odd THEN {json} ELSE json_structure(marked) END AS shape FROM ({looked})"


def shape_leaves(shape: str) -> Iterator[Leaf]:
    """The leaves of a shape that is not odd; none if it is no object's."""
    tree: Any = msgspec.json.decode(shape)
    if isinstance(tree, dict):
        yield from _structure_leaves(tree, ())


def odd_leaves(text: str, is_time: Callable[[str], bool]) -> Iterator[Leaf]:
    """The same of an odd object, from its own text. `is_time`: whether the database takes a text as a time."""
    tree = json.loads(text, object_pairs_hook=_Pairs, parse_int=_Whole, parse_float=_Fraction)
    if isinstance(tree, _Pairs):
        yield from _pairs_leaves(tree, (), is_time)


class _Pairs(list[tuple[str, Any]]):
    """The members of an object, those of the same name too."""


class _Whole(str):
    """A whole number as it stands in the JSON."""


class _Fraction(str):
    """Any other number."""


def _structure_leaves(tree: dict[str, Any], prefix: Path) -> Iterator[Leaf]:
    for key, node in tree.items():
        path = (*prefix, key)
        if isinstance(node, str):
            if node != "NULL":
                yield Leaf(path, *_STRUCTURE[node])
        elif isinstance(node, list):
            yield Leaf(path, kinds.ARRAY, False)
        elif _DATETIME_MARK in node:
            yield Leaf(path, kinds.DATETIME, False)
        elif _MONEY_MARK in node:
            yield Leaf(path, kinds.TEXT, True)
        elif _EMPTY_MARK not in node:
            yield from _structure_leaves(node, path)


def _pairs_leaves(pairs: _Pairs, prefix: Path, is_time: Callable[[str], bool]) -> Iterator[Leaf]:
    for key, value in pairs:
        path = (*prefix, key)
        if isinstance(value, _Pairs):
            yield from _pairs_leaves(value, path, is_time)
        elif value is not None:
            yield Leaf(path, *_sort(value, is_time))


def _sort(value: Any, is_time: Callable[[str], bool]) -> tuple[int, bool]:
    """Kind, and whether it is money. A fraction that four decimals miss by the noise of a double is the one it stands for."""
    if isinstance(value, bool):
        return kinds.BOOLEAN, False
    if isinstance(value, _Whole):
        return kinds.whole_kind(int(value)), len(value.lstrip("-")) <= 14
    if isinstance(value, _Fraction):
        number = float(value)
        money = re.fullmatch(r"-?\d{1,11}\.\d+", value) is not None and abs(number - round(number, 4)) <= 1e-12 * abs(number)
        return (kinds.HUGE if abs(number) == float("inf") else kinds.DOUBLE), money
    if isinstance(value, str):
        return (kinds.DATETIME if _DATETIME.fullmatch(value) and is_time(value) else kinds.TEXT), re.fullmatch(_MONEY_TEXT, value) is not None
    return kinds.ARRAY, False
