"""What a build leaves to do beside the models: the timeline is brought to it, and kernels are ready before somebody asks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

from clew.config import Settings
from clew.models import BuildResult
from clew.timelines.upkeep import compile_all, keep, load
from clew.warehouse import Warehouse

LOAD_FROM = 100_000
"""Events of a build from which kernels are loaded at once."""


class Upkeep:
    """Of one project's timeline, while `serve` runs."""

    def __init__(self, warehouse: Warehouse, root: Path, stopping: Callable[[], bool]) -> None:
        self._warehouse = warehouse
        self._root = root
        self._stopping = stopping
        self._compiling = threading.Thread()
        self._kernels_ready = False
        self.trouble = ""
        """Why the newest build has no timeline; empty where it has one, or shall not."""
        self.prepare: Callable[[], None] = lambda: None
        """Called after each build whose timeline is there, and when kernels are compiled."""

    def follow(self, result: BuildResult, settings: Settings) -> None:
        """Bring the timeline to this build, which stands whatever becomes of it."""
        with self._warehouse.cursor() as cursor:
            kept = keep(cursor, settings, self._root, result)
        if self._stopping():
            return
        failed = str(kept) if kept.what == "failed" else ""
        if failed and failed != self.trouble:
            print(f"clew serve: build {result.build_id}: {failed}", file=sys.stderr, flush=True)
        self.trouble = failed
        if kept.what in ("base", "overlay", "current"):
            self._ready(result, is_new=kept.what != "current")

    def _ready(self, result: BuildResult, *, is_new: bool) -> None:
        # In an empty project there is nothing to ask yet, and the compiler takes 400 MB while it runs.
        empty = not dict(result.rows).get("mapped_tracks")
        if not (empty or self._compiling.is_alive() or self._kernels_ready):
            self._compiling = threading.Thread(target=self._compile, args=(result.events,), name="compile", daemon=True)
            self._compiling.start()
        elif is_new and self._kernels_ready:
            self.prepare()

    def _compile(self, events: int) -> None:
        """Have kernels ready before a page asks; where little is there, loading them at the first question is quick enough."""
        self._kernels_ready = compile_all(self._stopping)
        if self._kernels_ready and events >= LOAD_FROM:
            load()
            self.prepare()

    def stop(self) -> None:
        """Wait for the compiler, which ends by itself when `stopping` says so."""
        if self._compiling.is_alive():
            self._compiling.join(timeout=10)
