"""A person's edges as a drawing: identifiers in columns by their hops to the universal id, which stands at the right. Pure arithmetic; the template
writes the SVG."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from clew.analyses.people.explain import Edge, Explanation

MOST_NODES = 60
WIDTH, HEIGHT = 176, 28
GAP_X, GAP_Y = 72, 12
MARGIN = 8


class Node(NamedTuple):
    """An identifier; `kind` is universal, own, or other (another person's)."""

    name: str
    kind: str
    x: int
    y: int


class Line(NamedTuple):
    """An edge from the right side of a node to the left side of another, as the `d` of a path; `is_latest` as in Edge."""

    edge: Edge
    d: str
    is_latest: bool


class Graph(NamedTuple):
    """`left_out`: identifiers that are not drawn, for want of room."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    width: int
    height: int
    left_out: int


def graph(found: Explanation) -> Graph | None:
    """The drawing; None for a person of one identifier without edges."""
    if not found.edges:
        return None
    hops = {alias.alias: alias.hops for alias in found.aliases}
    columns = _columns(found, hops)
    drawn = sorted(columns, key=lambda name: (name not in hops, hops.get(name, 0), name))[:MOST_NODES]
    places = _places([(columns[name], name) for name in drawn])
    nodes = tuple(Node(name, _kind(name, found.universal_user_id, hops), *places[name]) for name in drawn)
    lines = tuple(_line(edge, places) for edge in found.edges if edge.alias in places and edge.next_alias in places)
    right, bottom = max(x for x, _ in places.values()), max(y for _, y in places.values())
    return Graph(nodes, lines, right + WIDTH + MARGIN, bottom + HEIGHT + MARGIN, len(columns) - len(drawn))


def _columns(found: Explanation, hops: dict[str, int]) -> dict[str, int]:
    """The column of each identifier, from the left. Another person's stands one further than what leads to it, or with what leads here."""
    last = max(hops.values()) + 1
    columns = {name: last - count for name, count in hops.items()}
    for edge in found.edges:
        if edge.next_alias not in columns:
            columns[edge.next_alias] = last + 1 if edge.alias in hops else last
        if edge.alias not in columns:
            columns[edge.alias] = columns[edge.next_alias] - 1 if edge.next_alias in hops else last
    return columns


def _places(named: Iterable[tuple[int, str]]) -> dict[str, tuple[int, int]]:
    """Columns without gaps between them; rows in the order of names."""
    ordered = sorted(named)
    numbers = {column: number for number, column in enumerate(sorted({column for column, _ in ordered}))}
    filled = dict.fromkeys(numbers, 0)
    places = {}
    for column, name in ordered:
        places[name] = (MARGIN + numbers[column] * (WIDTH + GAP_X), MARGIN + filled[column] * (HEIGHT + GAP_Y))
        filled[column] += 1
    return places


def _kind(name: str, universal: str, hops: dict[str, int]) -> str:
    if name not in hops:
        return "other"
    return "universal" if name == universal else "own"


def _line(edge: Edge, places: dict[str, tuple[int, int]]) -> Line:
    (x1, y1), (x2, y2) = places[edge.alias], places[edge.next_alias]
    middle = HEIGHT // 2
    if x1 < x2:
        start, end, bend = x1 + WIDTH, x2 - 4, (x2 - x1 - WIDTH) // 2
        d = f"M{start} {y1 + middle}C{start + bend} {y1 + middle} {end - bend} {y2 + middle} {end} {y2 + middle}"
    else:  # backwards, or inside a column: around the right side
        start, end, bend = x1 + WIDTH, x2 + WIDTH + 4, GAP_X // 2 + abs(y2 - y1) // 6
        d = f"M{start} {y1 + middle}C{start + bend} {y1 + middle} {end + bend} {y2 + middle} {end} {y2 + middle}"
    return Line(edge, d, edge.is_latest)
