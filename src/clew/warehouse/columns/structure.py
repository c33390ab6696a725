"""The paths of a group of JSON objects, from DuckDB's `json_group_structure`: one merged tree with the type of each leaf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from clew.warehouse.columns import kinds

Path = tuple[str, ...]

# What a leaf's merged type says about the kinds of its values. None: look at the values.
_KNOWN = {"NULL": 0, "BOOLEAN": kinds.BOOLEAN}


class Leaf(NamedTuple):
    """A path at which a value stood. `kinds` is None where the values must be looked at; `mixed`: some of them may be objects."""

    path: Path
    kinds: int | None
    mixed: bool


def leaves(structure: str | None, prefix: Path = ()) -> Iterator[Leaf]:
    """The leaves of a structure such as `{"a":"BIGINT","b":{"c":["VARCHAR"]}}`, and its inner nodes as OBJECT; none if it is no object's."""
    tree: Any = msgspec.json.decode(structure) if structure else None
    if isinstance(tree, dict):
        yield from _leaves(tree, prefix)


def _leaves(tree: dict[str, Any], prefix: Path) -> Iterator[Leaf]:
    for key, node in tree.items():
        path = (*prefix, key)
        if isinstance(node, dict):
            yield Leaf(path, kinds.OBJECT, mixed=False)
            yield from _leaves(node, path)
        elif isinstance(node, list):
            yield Leaf(path, kinds.ARRAY, mixed=False)
        else:
            yield Leaf(path, _KNOWN.get(node), mixed=node == "JSON")
