"""SQL that takes many paths out of a JSON object in one parse: a `from_json` structure, and an expression for each path in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from clew.warehouse.columns.kinds import VARCHAR, value_sql
from clew.warehouse.columns.structure import Path

JSON = "JSON"
_DIRECT = (VARCHAR, JSON, "BOOLEAN", "BIGINT", "HUGEINT", "DOUBLE")


class Want(NamedTuple):
    """A path, the type wanted (a column type, or JSON for the raw value), and whether objects stand there in other messages."""

    path: Path
    type: str
    mixed: bool = False


class Extraction(NamedTuple):
    """`source`: an expression that parses; give it the alias that was named. `values`: an expression on the alias for each path."""

    source: str
    values: Mapping[Path, str]


class _Node:
    def __init__(self) -> None:
        self.want: Want | None = None
        self.children: dict[str, _Node] = {}

    @property
    def both(self) -> bool:
        """A value in some messages, an object in others."""
        return self.want is not None and (self.want.mixed or bool(self.children))


def extraction(json: str, wants: list[Want], alias: str) -> Extraction:
    """How to take `wants` (at least one) out of the SQL expression `json`. An object where a value is wanted gives NULL."""
    root = _Node()
    for want in wants:
        node = root
        for key in want.path:
            node = node.children.setdefault(key, _Node())
        node.want = want
    values: dict[Path, str] = {}
    _collect(root, alias, values)
    return Extraction(f"from_json({json}, {literal(_spec(root))})", values)


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _spec(node: _Node) -> str:
    return "{" + ",".join(f"{_quoted(key)}:{_leaf_spec(child)}" for key, child in node.children.items()) + "}"


def _leaf_spec(node: _Node) -> str:
    if node.both:
        return '"JSON"'
    if node.want is None:
        return _spec(node)
    return f'"{node.want.type if node.want.type in _DIRECT else VARCHAR}"'


def _quoted(key: str) -> str:
    return msgspec.json.encode(key).decode()


def _collect(node: _Node, struct: str, values: dict[Path, str]) -> None:
    for place, child in enumerate(node.children.values(), 1):
        here = f"struct_extract_at({struct}, {place})"
        if child.want is not None:
            values[child.want.path] = _mixed_value(here, child.want) if child.both else _value(here, child.want.type)
        if child.children:
            _collect(child, f"from_json({here}, {literal(_spec(child))})" if child.both else here, values)


def _value(here: str, kind: str) -> str:
    return here if kind in _DIRECT else value_sql(here, kind)


def _mixed_value(json: str, want: Want) -> str:
    value = json if want.type == JSON else value_sql(f"json_extract_string({json}, '$')", want.type)
    return value if want.type == JSON else f"CASE WHEN NOT starts_with({json}, '{{') THEN {value} END"
