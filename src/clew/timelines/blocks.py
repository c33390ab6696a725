"""Work over blocks of people in a few threads, and where compiled kernels are kept."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from clew.timelines.columns import Part
from clew.timelines.kernels import version

T = TypeVar("T")
THREADS = 2
_BLOCKS_A_THREAD = 4
_LEAST_EVENTS = 50_000


def run(parts: Sequence[Part], work: Callable[[int, Part, int, int], T], threads: int = THREADS) -> list[T]:
    """What `work(place of the part, part, first unit, last unit + 1)` returns for each block of units, in stored order.

    A part has at least one block. Kernels run without Python's lock. Raises ValueError if there are no parts.
    """
    if not parts:
        raise ValueError("timeline: expected at least one part, found none")
    blocks = [(place, part, first, last) for place, part in enumerate(parts) for first, last in _cut(part, threads)]
    if len(blocks) < 2 or threads < 2:
        return [work(*block) for block in blocks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda block: work(*block), blocks))


def _cut(part: Part, threads: int) -> Iterator[tuple[int, int]]:
    """Blocks of whole units with about as many events each."""
    events = len(part.time)
    count = max(1, min(threads * _BLOCKS_A_THREAD, events // _LEAST_EVENTS))
    edges = np.searchsorted(part.start, np.linspace(0, events, count + 1).astype(np.int64))
    edges[0], edges[-1] = 0, len(part.person)
    return ((int(a), int(b)) for a, b in itertools.pairwise(edges) if a < b or count == 1)


def keep_compiled(folder: Path) -> None:
    """Keep compiled kernels in `folder` from now on, unless NUMBA_CACHE_DIR names another. Call it before the first question; it compiles nothing.

    Each version of the sources gets a folder of its own: the compiler's cache looks only at the file of a kernel, not at those that it calls.
    """
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder / version()))


def is_compiled() -> bool:
    """Whether all kernels of this version are kept there."""
    return "NUMBA_CACHE_DIR" in os.environ and mark().exists()


def mark() -> Path:
    """The file that says so. Named by all sources and when they were written: the compiler looks at both."""
    found = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "kernels").glob("*.py")):
        found.update(path.read_bytes() + str((path, path.stat().st_mtime_ns)).encode())
    return Path(os.environ["NUMBA_CACHE_DIR"]) / f"compiled-{found.hexdigest()[:16]}"
