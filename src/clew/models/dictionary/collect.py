"""From the messages of a full build to `clew.identifiers`, `seen` and `new_edges`: what `pairs` and the statements after it find of few."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow

from clew.models.dictionary import tables
from clew.models.dictionary.arrays import Longs, Share
from clew.models.dictionary.read import batches
from clew.models.dictionary.tables import Numbered
from clew.models.dictionary.threads import Dictionary
from clew.models.frame import Frame
from clew.models.ledger import next_numbers, registered
from clew.models.served import Cursor
from clew.quoting import literal

MOST = 20_000_000
"""Identifiers that memory has room for: some two gigabytes. The database can put on disk what is more."""


def collect(frame: Frame) -> bool:
    """New rows of `clew.identifiers`, and the temporary tables `seen`, `new_edges`, and `forked`: the aliases with several of these.

    False, and nothing is changed, where there are more than MOST identifiers.
    """
    spaces = f"[{', '.join(map(literal, sorted({'', *frame.settings.identity.space.values()})))}]"
    with Dictionary(int(frame.one("SELECT current_setting('threads')"))) as dictionary:
        known = [dictionary.know(batch) for batch in batches(frame.cursor, frame.sql("known_texts", spaces_list=spaces))]
        for batch in batches(frame.cursor, frame.sql("texts", spaces_list=spaces)):
            dictionary.see(batch)
            if dictionary.size > MOST:
                return False
        shares = _numbered(frame.cursor, dictionary.shares, known)
        code = tables.by_code(shares)
        edges, forked = zip(*dictionary.each(lambda n: tables.edges(shares[n], code)), strict=True)
        _write(frame.cursor, "CREATE OR REPLACE TEMP TABLE new_edges AS FROM", edges)
        _write(frame.cursor, "CREATE OR REPLACE TEMP TABLE forked AS FROM", forked)
        _write(frame.cursor, "CREATE OR REPLACE TEMP TABLE seen AS FROM", dictionary.each(lambda n: tables.seen(shares[n])))
        new = dictionary.each(lambda n: tables.new(shares[n]))
        _write(frame.cursor, f"INSERT INTO clew.identifiers SELECT id, {spaces}[space + 1], alias FROM", new)
    return True


def _numbered(cursor: Cursor, shares: list[Share], before: list[list[Longs]]) -> list[Numbered]:
    """The known identifiers have their numbers; the others get the next ones."""
    known = [np.concatenate([np.empty(0, np.int32), *(part[n] for part in before)]).astype(np.int32) for n in range(len(shares))]
    missing = [int(share.used[0]) - len(numbers) for share, numbers in zip(shares, known, strict=True)]
    new = np.split(next_numbers(cursor, sum(missing)), np.cumsum(missing)[:-1])
    return [Numbered(share, np.concatenate(numbers), len(numbers[0])) for share, *numbers in zip(shares, known, new, strict=True)]


def _write(cursor: Cursor, statement: str, parts: Iterable[pyarrow.Table]) -> None:
    with registered(cursor, pyarrow.concat_tables(parts)) as name:
        cursor.execute(f"{statement} {name}")
