"""Writing: a base of everybody, an overlay of the people whom builds changed since, and one new base of both when the overlay has grown.

Everything is written beside what is there, made durable, and named by a new manifest; only then are old folders removed. Whoever is killed at any
point leaves the version before or the version after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt

from clew.errors import TimelineError
from clew.eventlog.disk.durable import waiting_lock
from clew.timelines.columns import Int64
from clew.timelines.store import files, manifest
from clew.timelines.store.manifest import FORMAT, Entry, Manifest
from clew.timelines.store.merge import Kept, merged, without
from clew.timelines.store.source import Source, read

COMPACT_AT = 0.05
"""The share of the base's events that an overlay may have, or replace."""

People = Sequence[int] | npt.NDArray[np.integer[Any]]


def write_base(connection: duckdb.DuckDBPyConnection, root: Path, source: Source, build: int) -> None:
    """Make the timeline of all people of a build, in the transaction that the connection is in.

    Raises TimelineError; the one before is then still read.
    """
    with _writing(root) as before:
        number = before.following if before else 1
        base = files.write(_folder(root, number), read(connection, source))
        _swap(root, Manifest(format=FORMAT, build=build, following=number + 1, base=base))


def write_overlay(
    connection: duckdb.DuckDBPyConnection, root: Path, source: Source, build: int, people: People, *, since: int, compact_at: float = COMPACT_AT
) -> None:
    """Bring the timeline from build `since` to `build`, reading only these people: all whose events changed, came or went in between.

    Raises TimelineError if the timeline is not of build `since`; the one before is then still read.
    """
    changed = np.unique(np.asarray(people, np.int64))
    with _writing(root) as before:
        if before is None or before.build != since:
            found = f"of build {before.build}" if before else "none"
            raise TimelineError(f"{root}: expected a timeline of build {since}, found {found}: write its base anew")
        number = before.following
        if not len(changed):
            _swap(root, msgspec.structs.replace(before, build=build))
            return
        delta = files.write(_folder(root, number), read(connection, source, changed), with_index=False)
        _swap(root, _together(root, before, delta, changed, build, compact_at))


def keep_up(
    connection: duckdb.DuckDBPyConnection, root: Path, source: Source, build: int, people: People, *, since: int, compact_at: float = COMPACT_AT
) -> None:
    """`write_overlay`, or `write_base` where the timeline is not of build `since`: builds came between, a writer was killed, or it is damaged."""
    try:
        write_overlay(connection, root, source, build, people, since=since, compact_at=compact_at)
    except TimelineError:
        write_base(connection, root, source, build)


def _together(root: Path, before: Manifest, delta: Entry, changed: Int64, build: int, compact_at: float) -> Manifest:
    """What is still true of base and overlay, with the changed people: as base and overlay, or as one base."""
    base, overlay = files.mapped(root, before.base), before.overlay
    earlier = [without(files.mapped(root, overlay), changed)] if overlay else []
    replaced = np.union1d(earlier[0].columns.replaced, changed) if earlier else changed
    rest = without(base, replaced)
    fresh = [*earlier, Kept(files.mapped(root, delta), np.ones(delta.units, np.bool_))]
    number, most = before.following + 1, compact_at * before.base.events
    if max(before.base.events - _events([rest]), _events(fresh)) > most:
        whole = files.write(_folder(root, number), merged([rest, *fresh]))
        return Manifest(format=FORMAT, build=build, following=number + 1, base=whole)
    small = files.write(_folder(root, number), merged(fresh), replaced)
    return Manifest(format=FORMAT, build=build, following=number + 1, base=before.base, overlay=small)


def _events(parts: Sequence[Kept]) -> int:
    return sum(int(np.diff(part.columns.start)[part.units].sum()) for part in parts)


@contextmanager
def _writing(root: Path) -> Iterator[Manifest | None]:
    """Hold the timeline for one writer, and remove what one before left half-done."""
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with waiting_lock(root / "lock"):
            before = _usable(root)
            manifest.sweep(root, before)
            yield before
    except OSError as error:
        raise TimelineError(f"{error.filename or root}: the timeline cannot be written, the one before is still read: {error.strerror}") from error


def _usable(root: Path) -> Manifest | None:
    try:
        return manifest.load(root)
    except TimelineError:
        return None


def _swap(root: Path, after: Manifest) -> None:
    manifest.publish(root, after)
    manifest.sweep(root, after)


def _folder(root: Path, number: int) -> Path:
    return root / f"{number:010}"
