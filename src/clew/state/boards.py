"""Dashboards: saved reports put together, each in a shape, in an order."""

from __future__ import annotations

import sqlite3
from typing import Literal, NamedTuple, get_args

from clew.errors import StateError
from clew.state.file import StateFile
from clew.state.names import named
from clew.state.saved import by_id as saved_by_id

Shape = Literal["chart", "table", "number"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
MOST_TILES = 24
"""On one dashboard: each is a question to the database at every build."""
_ALL = "SELECT board_id, name, made_at, made_by FROM boards"


class Board(NamedTuple):
    """A dashboard. `made_at` is in microseconds since 1970 UTC."""

    board_id: int
    name: str
    made_at: int
    made_by: str


class TileRow(NamedTuple):
    """A saved report on a dashboard."""

    tile_id: int
    saved_id: int
    name: str
    report: str
    query: str
    shape: Shape


def make(file: StateFile, name: str, by: str) -> Board:
    """A new dashboard, empty. Raises StateError where the name is taken or cannot be one."""
    name = named(name)
    try:
        with file.transaction() as run:
            run("INSERT INTO boards (name, made_at, made_by) VALUES (?, ?, ?)", (name, file.now(), by))
    except sqlite3.IntegrityError as error:
        raise _taken(name) from error
    return Board(*file.one(f"{_ALL} WHERE name = ?", name))


def all_boards(file: StateFile) -> list[Board]:
    """By name."""
    return [Board(*row) for row in file.all(f"{_ALL} ORDER BY name")]


def by_id(file: StateFile, board_id: int) -> Board:
    """Raises StateError."""
    rows = file.all(f"{_ALL} WHERE board_id = ?", board_id)
    if not rows:
        raise StateError(f"expected the number of a dashboard, found {board_id}: it may have been deleted")
    return Board(*rows[0])


def rename(file: StateFile, board_id: int, name: str) -> None:
    """Raises StateError where there is none of that number, or the name is taken or cannot be one."""
    by_id(file, board_id)
    name = named(name)
    try:
        with file.transaction() as run:
            run("UPDATE boards SET name = ? WHERE board_id = ?", (name, board_id))
    except sqlite3.IntegrityError as error:
        raise _taken(name) from error


def delete(file: StateFile, board_id: int) -> None:
    """With its tiles and links; the saved reports stay. Raises StateError."""
    by_id(file, board_id)
    with file.transaction() as run:
        run("DELETE FROM boards WHERE board_id = ?", (board_id,))


def tiles(file: StateFile, board_id: int) -> list[TileRow]:
    """What stands on it, in its order."""
    rows = file.all(
        """SELECT tile_id, saved_id, name, report, query, shape
        FROM board_tiles JOIN saved USING (saved_id) WHERE board_id = ? ORDER BY place""",
        board_id,
    )
    return [TileRow(*row) for row in rows]


def add(file: StateFile, board_id: int, saved_id: int, shape: str) -> None:
    """Put a saved report at the end. Raises StateError where there is no such report, dashboard or shape, or no room."""
    by_id(file, board_id)
    saved_by_id(file, saved_id)
    if len(tiles(file, board_id)) >= MOST_TILES:
        raise StateError(f"expected at most {MOST_TILES} reports on a dashboard: make another one")
    with file.transaction() as run:
        run(
            """INSERT INTO board_tiles (board_id, saved_id, shape, place)
            SELECT ?, ?, ?, coalesce(max(place), 0) + 1 FROM board_tiles WHERE board_id = ?""",
            (board_id, saved_id, shape_of(shape), board_id),
        )


def reshape(file: StateFile, board_id: int, tile_id: int, shape: str) -> None:
    """Show a tile in another shape. Raises StateError."""
    with file.transaction() as run:
        run("UPDATE board_tiles SET shape = ? WHERE board_id = ? AND tile_id = ?", (shape_of(shape), board_id, tile_id))


def remove(file: StateFile, board_id: int, tile_id: int) -> None:
    """Take a tile away, if it is there."""
    with file.transaction() as run:
        run("DELETE FROM board_tiles WHERE board_id = ? AND tile_id = ?", (board_id, tile_id))


def move(file: StateFile, board_id: int, tile_id: int, by: Literal[-1, 1]) -> None:
    """Let a tile change places with the one before it (-1) or after it (1); at the end nothing happens."""
    order = [tile.tile_id for tile in tiles(file, board_id)]
    if tile_id not in order or not 0 <= order.index(tile_id) + by < len(order):
        return
    at = order.index(tile_id)
    order[at], order[at + by] = order[at + by], order[at]
    with file.transaction() as run:
        for place, each in enumerate(order):
            run("UPDATE board_tiles SET place = ? WHERE tile_id = ?", (place, each))


def shape_of(text: str) -> Shape:
    """Raises StateError."""
    if text not in SHAPES:
        raise StateError(f"expected a shape among {', '.join(SHAPES)}, found {text[:40]!r}")
    return text


def _taken(name: str) -> StateError:
    return StateError(f"expected a name that no dashboard has, found {name!r}: choose another, or rename that one")
