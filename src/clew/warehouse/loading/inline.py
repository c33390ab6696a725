"""Rows from Python as a relation in SQL, through one JSON parameter: DuckDB's own conversion of lists takes some microseconds a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec


class Inline(NamedTuple):
    """`sql` stands after FROM or IN, with the parameter in it; `value` is what to give for the parameter."""

    sql: str
    value: str


def inline_rows(parameter: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> Inline:
    """A relation with these columns (name -> type)."""
    spec = msgspec.json.encode([columns]).decode()
    value = msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows]).decode()
    return Inline(f"(SELECT unnest(from_json({parameter}, '{spec}'), recursive := true))", value)


def inline_numbers(parameter: str, kind: str, numbers: Iterable[int]) -> Inline:
    """A relation of one column of type `kind`."""
    return Inline(f"(SELECT unnest(from_json({parameter}, '[\"{kind}\"]')))", msgspec.json.encode(list(numbers)).decode())
