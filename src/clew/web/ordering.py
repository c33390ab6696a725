"""The order of a table that the server sorts: `sort=bounce`, or `sort=bounce-up` with the smallest first.

It stands in the URL, so that a page that is drawn again, reloaded or sent to somebody has it too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
PARAM = "sort"


class Order(NamedTuple):
    """By which column, and whether the smallest comes first."""

    key: str
    up: bool = False

    def of(self, key: str) -> str:
        """The parameter that sorts by `key`: the largest first, and the other way round where it is so already."""
        return f"{key}-up" if key == self.key and not self.up else key


def read_order(text: str, known: Collection[str], usual: Order) -> Order:
    """What the URL says; the usual order where it names no known column. A column whose own name ends so is meant first.

    >>> read_order("bounce-up", ("bounce",), Order("name")), read_order("sign-up", ("sign-up",), Order("name")), read_order("x", (), Order("name"))
    (Order(key='bounce', up=True), Order(key='sign-up', up=False), Order(key='name', up=False))
    """
    if text in known:
        return Order(text)
    key = text.removesuffix("-up")
    return Order(key, up=True) if key != text and key in known else usual


def ordered(rows: Iterable[T], of: Callable[[T], Any], order: Order) -> list[T]:
    """The rows by what `of` says of each; those of which it says None come last, either way.

    >>> ordered([2, None, 3], lambda row: row, Order("n")), ordered([2, None, 3], lambda row: row, Order("n", up=True))
    ([3, 2, None], [2, 3, None])
    """
    pairs = [(of(row), row) for row in rows]
    there = sorted((pair for pair in pairs if pair[0] is not None), key=lambda pair: pair[0], reverse=not order.up)
    return [row for _, row in there] + [row for value, row in pairs if value is None]
