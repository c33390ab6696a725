"""The paths of a group of JSON objects, from DuckDB's `json_group_structure`: one merged tree with the type of each leaf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

Path = tuple[str, ...]


class Leaf(NamedTuple):
    """A path at which a value stood, and the type that DuckDB gives all values there together.

    `merged`: BOOLEAN, VARCHAR, UBIGINT, BIGINT, HUGEINT, DOUBLE where all are of that sort; ARRAY, OBJECT; NULL; JSON where sorts differ.
    """

    path: Path
    merged: str


def leaves(structure: str | None, prefix: Path = ()) -> Iterator[Leaf]:
    """The leaves of a structure such as `{"a":"BIGINT","b":{"c":["VARCHAR"]}}`, and its inner nodes as OBJECT; none if it is no object's."""
    tree: Any = msgspec.json.decode(structure) if structure else None
    if isinstance(tree, dict):
        yield from _leaves(tree, prefix)


def _leaves(tree: dict[str, Any], prefix: Path) -> Iterator[Leaf]:
    for key, node in tree.items():
        path = (*prefix, key)
        if isinstance(node, dict):
            yield Leaf(path, "OBJECT")
            yield from _leaves(node, path)
        else:
            yield Leaf(path, "ARRAY" if isinstance(node, list) else node)
