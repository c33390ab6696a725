"""The de-duplication index: which message keys are in the warehouse, exact over all history, without an index in the database.

64-bit hashes of the keys, in sorted files that are mapped into memory, each with a small filter; the newest, not yet in a file, in
memory. A hash that is found here may be another key's: the caller confirms it against `clew.events`. Each file covers a range of loads
and is named by a row of `clew.dedupe_runs`, written in a transaction; so a file without a row is unfinished work and is removed, and a
row without its file is made again from `clew.events` and `clew.forgotten_keys`.
"""

# ruff: noqa: S608 - a constant
from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from clew.errors import LoadError

Hashes = NDArray[np.uint64]

_KNOWN = "(SELECT key_hash, load_id FROM clew.event_rows UNION ALL SELECT key_hash, load_id FROM clew.forgotten_keys)"
TAIL_KEYS = 400_000
"""Keys in memory before a file is written."""
LARGEST_RUN = 32_000_000
"""Keys of a file that is not merged any more: 256 MB."""


class Run(NamedTuple):
    """A file of sorted hashes, of the loads in (after_load, upto_load]."""

    file: str
    after_load: int
    upto_load: int
    keys: int


class KeyIndex:
    """Hashes of all keys stored. One thread; `prepare` inside a transaction, `settle` after its commit, `forget` after a rollback."""

    def __init__(self, folder: Path, cursor: duckdb.DuckDBPyConnection) -> None:
        """Opens the files named in the database, mends what is missing, removes what is not named."""
        self._folder = folder
        rows = cursor.execute("SELECT file, after_load, upto_load, keys FROM clew.dedupe_runs ORDER BY after_load").fetchall()
        self._runs = [Run(*row) for row in rows]
        self._pending: list[Run] | None = None
        self._remove_unnamed()
        self._maps = {run.file: self._open(run, cursor) for run in self._runs}
        self._tail = _sorted_keys(cursor, self._covered, None)
        newest = cursor.execute(f"SELECT max(load_id) FROM {_KNOWN}").fetchone()
        self._tail_upto = max(self._covered, (newest[0] or 0) if newest else 0)

    @property
    def _covered(self) -> int:
        return self._runs[-1].upto_load if self._runs else 0

    def contains(self, hashes: Hashes) -> NDArray[np.bool_]:
        """For each of the sorted `hashes`, whether it is known."""
        found = _among(self._tail, hashes)
        for keys, bits in self._maps.values():
            maybe = _maybe(bits, hashes) & ~found
            if maybe.any():
                found[maybe] = _among(keys, hashes[maybe])
        return found

    def prepare(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Inside a transaction: writes the keys in memory to a file if they are many, and merges files of like size."""
        if len(self._tail) < TAIL_KEYS:
            return
        runs = [*self._runs]
        keys, after = self._tail, self._covered
        while runs and runs[-1].keys < 2 * len(keys) and runs[-1].keys + len(keys) <= LARGEST_RUN:
            last = runs.pop()
            keys, after = np.sort(np.concatenate((self._maps[last.file][0], keys)), kind="stable"), last.after_load
        runs.append(self._write(keys, after, self._tail_upto))
        cursor.execute("DELETE FROM clew.dedupe_runs")
        cursor.executemany("INSERT INTO clew.dedupe_runs VALUES (?, ?, ?, ?)", runs)
        self._pending = runs

    def settle(self, hashes: Hashes, load_id: int) -> None:
        """After the commit of load `load_id`: its sorted keys are known, and files that were prepared take the place of the old."""
        if self._pending is not None:
            kept = {run.file for run in self._pending}
            self._maps = {name: mapped for name, mapped in self._maps.items() if name in kept}
            self._runs, self._pending = self._pending, None
            self._maps |= {run.file: self._mapped(run) for run in self._runs if run.file not in self._maps}
            self._tail = np.empty(0, np.uint64)
            self._remove_unnamed()
        self._tail = np.sort(np.concatenate((self._tail, hashes)), kind="stable")
        self._tail_upto = load_id

    def forget(self) -> None:
        """After a rollback."""
        self._pending = None
        self._remove_unnamed()

    def _open(self, run: Run, cursor: duckdb.DuckDBPyConnection) -> tuple[Hashes, NDArray[np.uint8]]:
        try:
            return self._mapped(run)
        except (OSError, ValueError):
            keys = _sorted_keys(cursor, run.after_load, run.upto_load)
            if len(keys) != run.keys:
                raise LoadError(
                    f"{self._folder / run.file}: expected {run.keys} keys of loads {run.after_load + 1} to {run.upto_load}, found {len(keys)} "
                    "in clew.events: the file is gone or damaged and the database has lost rows. Restore the project from a backup"
                ) from None
            _write_file(self._folder / run.file, keys)
            return self._mapped(run)

    def _write(self, keys: Hashes, after: int, upto: int) -> Run:
        run = Run(f"{after + 1}-{upto}.keys", after, upto, len(keys))
        _write_file(self._folder / run.file, keys)
        return run

    def _mapped(self, run: Run) -> tuple[Hashes, NDArray[np.uint8]]:
        """The run's keys and filter. Raises ValueError or OSError for a file that is not as it was written."""
        path = self._folder / run.file
        size = _filter_size(run.keys)
        if path.stat().st_size != 8 * run.keys + size + 4:
            raise ValueError(f"{path}: another size than was written")
        keys = np.memmap(path, np.uint64, "r", 0, (run.keys,))
        bits = np.memmap(path, np.uint8, "r", 8 * run.keys, (size,))
        return keys, bits

    def _remove_unnamed(self) -> None:
        named = {run.file for run in self._runs}
        for path in self._folder.glob("*.keys*"):
            if path.name not in named:
                path.unlink()


def _among(keys: Hashes, hashes: Hashes) -> NDArray[np.bool_]:
    if not len(keys):
        return np.zeros(len(hashes), np.bool_)
    places = np.searchsorted(keys, hashes)
    places[places == len(keys)] = 0
    result: NDArray[np.bool_] = np.asarray(keys[places] == hashes)
    return result


def _filter_size(keys: int) -> int:
    """Bytes of the filter: a power of two with 8 to 16 bits a key."""
    return 1 << max(keys - 1, 1).bit_length()


def _bits(hashes: Hashes, size: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    bit = hashes & np.uint64(8 * size - 1)
    return (bit >> np.uint64(3)).astype(np.int64), np.left_shift(np.uint8(1), (bit & np.uint64(7)).astype(np.uint8))


def _maybe(bits: NDArray[np.uint8], hashes: Hashes) -> NDArray[np.bool_]:
    places, masks = _bits(hashes, len(bits))
    result: NDArray[np.bool_] = np.asarray((bits[places] & masks) != 0)
    return result


def _sorted_keys(cursor: duckdb.DuckDBPyConnection, after: int, upto: int | None) -> Hashes:
    cursor.execute(f"SELECT key_hash FROM {_KNOWN} WHERE load_id > $1 AND ($2 IS NULL OR load_id <= $2) ORDER BY key_hash", [after, upto])
    return np.asarray(cursor.fetchnumpy()["key_hash"], np.uint64)


def _write_file(path: Path, keys: Hashes) -> None:
    """Keys, filter, checksum; durable under its name when this returns."""
    bits = np.zeros(_filter_size(len(keys)), np.uint8)
    places, masks = _bits(keys, len(bits))
    np.bitwise_or.at(bits, places, masks)
    temporary = path.with_suffix(".keys.tmp")
    with temporary.open("wb") as file:
        parts = keys.tobytes(), bits.tobytes()
        for part in parts:
            file.write(part)
        file.write(zlib.crc32(parts[1], zlib.crc32(parts[0])).to_bytes(4, "little"))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
