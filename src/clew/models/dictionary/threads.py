"""The identifiers of all messages in shares, with what was seen of them, by as many threads as there are shares."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

import numpy as np

from clew.models.dictionary.arrays import ANONYMOUS, SEEN, USER, Column, Found, Longs, Share
from clew.models.dictionary.passes import find_texts, hash_texts, link
from clew.models.dictionary.read import Batch
from clew.models.dictionary.shares import no_texts, with_room

T = TypeVar("T")

_MOST = 64
_ROLES = {"alias": 0, "anonymous_id": SEEN | ANONYMOUS, "user_id": SEEN | USER, "previous_id": SEEN}


class Dictionary:
    """Takes in batches. Use it as a context: it has threads."""

    def __init__(self, threads: int) -> None:
        count = min(threads, _MOST)
        self.shares: list[Share] = [no_texts(count) for _ in range(count)]
        # So that nobody can send identifiers that all have one hash.
        self._seed = np.uint64(int.from_bytes(np.random.default_rng().bytes(8)))
        self._pool = ThreadPoolExecutor(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()

    @property
    def size(self) -> int:
        """How many identifiers there are."""
        return sum(int(share.used[0]) for share in self.shares)

    def know(self, batch: Batch) -> list[Longs]:
        """Take in identifiers that are not seen by it, none of them twice. For each share, the numbers of those that it got, by place."""
        self._make_room(batch)
        found = self._find(batch, "alias", batch.numbers)
        return [batch.numbers[found.owner == number] for number in range(len(self.shares))]

    def see(self, batch: Batch) -> None:
        """Take in the messages of a batch."""
        self._make_room(batch)
        count, at = len(self.shares), batch.numbers
        found = {name: self._find(batch, name, at) for name in batch.texts}

        def linked(number: int) -> None:
            link(self.shares[number], number, count, found["anonymous_id"], found["user_id"], at, batch.all)
            if "previous_id" in found:
                link(self.shares[number], number, count, found["previous_id"], found["user_id"], at, batch.is_alias)

        self.each(linked)

    def _find(self, batch: Batch, name: str, at: Longs) -> Found:
        rows, count, column = len(at), len(self.shares), batch.texts[name]
        found = Found(np.empty(rows, np.uint64), np.empty(rows, np.uint8), np.empty(rows, np.int32))

        def hashed(number: int) -> None:
            some = slice(rows * number // count, rows * (number + 1) // count)
            hash_texts(_rows(column, some), batch.space[some], self._seed, count, Found(found.hash[some], found.owner[some], found.place[some]))

        self.each(hashed)
        self.each(lambda number: find_texts(self.shares[number], number, column, batch.space, at, _ROLES[name], found))
        return found

    def _make_room(self, batch: Batch) -> None:
        rows, seed = len(batch.space), self._seed
        self.shares = self.each(lambda number: with_room(self.shares[number], rows * len(batch.texts), batch.size, 2 * rows, seed))

    def each(self, work: Callable[[int], T]) -> list[T]:
        """What it gives for the number of every share, each in a thread."""
        return list(self._pool.map(work, range(len(self.shares))))


def _rows(column: Column, some: slice) -> Column:
    return column._replace(ends=column.ends[some.start : some.stop + 1], offset=column.offset + some.start)
