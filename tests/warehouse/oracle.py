"""Segment's tables in plain Python, from all messages at once: slow, short, and without a thought for the order of arrival.

Only what the loader's column rules say (docs/warehouse.md): names, kinds, types, values, the latest state. Values are compared as
`(type, text)` so that nothing hides behind Python's equality of 1, 1.0 and True.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

from clew import clock
from clew.warehouse.columns.naming import MONEY, column_name, system_columns, table_name

Columns = dict[str, dict[str, Any]]  # row id -> column -> value
DATETIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII)
TABLES = {"identify": "identifies", "page": "pages", "screen": "screens", "group": "groups", "alias": "aliases"}


def kind(value: Any, *, money: bool) -> str:
    if money and is_money(value):
        return "money"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if abs(value) <= 2**53 else "long" if -(2**63) <= value < 2**63 else "huge"
    if isinstance(value, float):
        return "double"
    if isinstance(value, list):
        return "array"
    return "datetime" if moment(value) is not None else "text"


def is_money(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < 10**14
    if isinstance(value, float):
        return abs(value) < 1e11 and "e" not in repr(value) and abs(value - round(value, 4)) <= 1e-12 * abs(value)
    return isinstance(value, str) and re.fullmatch(r"-?\d{1,14}(\.\d{1,4})?", value, re.ASCII) is not None


def moment(text: str) -> dt.datetime | None:
    if not DATETIME.fullmatch(text):
        return None
    micros = clock.parse_time(re.sub(r"([+-]\d\d)$", r"\g<1>:00", text))
    return None if micros is None else dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=micros)


def column_type(kinds: set[str]) -> str:
    if kinds == {"boolean"}:
        return "BOOLEAN"
    if kinds <= {"integer", "long"}:
        return "BIGINT"
    if kinds <= {"integer", "double"}:
        return "DOUBLE"
    return {("datetime",): "TIMESTAMP", ("money",): "DECIMAL(18,4)"}.get(tuple(kinds), "VARCHAR")


def typed(value: Any, wanted: str) -> Any:
    if wanted == "VARCHAR":
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if wanted == "DOUBLE":
        return float(value)
    if wanted == "TIMESTAMP":
        return moment(value)
    if wanted == "DECIMAL(18,4)":
        return Decimal(str(value)).quantize(Decimal("0.0001"))
    return value


def flatten(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        return [leaf for key, member in value.items() for leaf in flatten(member, (*path, key))]
    return [] if value is None else [(path, value)]


def payload(message: dict[str, Any]) -> dict[str, Any]:
    if message["type"] == "identify":
        return merged(message.get("context", {}).get("traits", {}), message.get("traits", {}))
    return message.get("traits" if message["type"] in ("group", "alias") else "properties", {})


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def own_columns(message: dict[str, Any]) -> dict[str, Any]:
    """Column -> raw value of one message, from its properties or traits. Of several paths the first in order has it."""
    taken = system_columns(message["type"])
    result: dict[str, Any] = {}
    for path, value in sorted(flatten(payload(message)), key=lambda leaf: leaf[0]):
        name = column_name(path, context=False)
        if name and name not in taken:
            result.setdefault(name, value)
    return result


def context_columns(message: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for path, value in sorted(flatten(message.get("context", {})), key=lambda leaf: leaf[0]):
        name = column_name(path, context=True)
        if name:
            result.setdefault(name, value)
    return result


def table_of(message: dict[str, Any]) -> str:
    return table_name(message["event"]) if message["type"] == "track" else TABLES[message["type"]]


def all_kinds(values: list[tuple[str, Any]], *, money: bool) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for name, value in values:
        kinds.setdefault(name, set()).add(kind(value, money=money and name in MONEY))
    return kinds


def tables(messages: list[dict[str, Any]]) -> tuple[dict[str, dict[str, str]], dict[str, Columns]]:
    """Types by table and column, and the values of every row that are not null, for the tables of calls of one source."""
    context_kinds = all_kinds([leaf for m in messages for leaf in every_leaf(m.get("context", {}), context=True)], money=False)
    by_table: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        by_table.setdefault(table_of(message), []).append(message)
        if message["type"] == "track":
            by_table.setdefault("tracks", []).append(message)
    by_table.pop("", None)
    types: dict[str, dict[str, str]] = {}
    rows: dict[str, Columns] = {}
    for table, members in by_table.items():
        raw = {m["messageId"]: context_columns(m) | ({} if table == "tracks" else own_columns(m)) for m in members}
        own = [] if table == "tracks" else [leaf for m in members for leaf in every_leaf(payload(m), context=False, kind=m["type"])]
        kinds = context_kinds | all_kinds(own, money=members[0]["type"] == "track")
        present = {name for row in raw.values() for name in row}
        types[table] = {name: column_type(kinds[name]) for name in present}
        rows[table] = {key: {name: typed(value, types[table][name]) for name, value in row.items()} for key, row in raw.items()}
    return types, rows


def every_leaf(value: dict[str, Any], *, context: bool, kind: str = "") -> list[tuple[str, Any]]:
    taken = system_columns(kind) if kind else frozenset()
    named = [(column_name(path, context=context), leaf) for path, leaf in flatten(value)]
    return [(name, leaf) for name, leaf in named if name and name not in taken]


def latest(rows: Columns, keys: dict[str, str | None], order: dict[str, Any]) -> Columns:
    """users or accounts: of every column the value of the latest row that has one."""
    result: Columns = {}
    for row_id in sorted(rows, key=lambda row_id: order[row_id]):
        key = keys[row_id]
        if key is not None:
            result.setdefault(key, {}).update(rows[row_id])
    return result
