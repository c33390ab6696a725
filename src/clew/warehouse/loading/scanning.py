"""When the compiled pass over plain lines is used, and whether what it learned of their shapes still stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from clew.warehouse.loading.stage import nothing_dropped

if TYPE_CHECKING:
    from clew.warehouse.loading.scan.plain import Scanner

SCAN_LINES = 100_000
"""From so many lines on a compiled pass takes plain ones apart: to load the compiler takes a second, and at an installation's first time fifteen
more, which a new project's first numbers do not wait for. Once it is loaded, from a tenth on."""


class Scanning:
    """The scanner of one loader, made when it first pays."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, threads: int) -> None:
        self._cursor = cursor
        self._threads = threads
        self._scanner: Scanner | None = None

    def scanner(self, lines: int) -> Scanner | None:
        """What takes so many lines apart; None where it does not pay to load the compiler."""
        if lines < (SCAN_LINES if self._scanner is None else SCAN_LINES // 10):
            return None
        if self._scanner is None:
            from clew.warehouse.loading.scan.plain import Scanner

            self._scanner = Scanner(self._threads)
        return self._scanner

    def knows_all(self, lines: int) -> bool:
        """Whether what the scanner learned is what the stage holds. A record whose shape was new may have been a repeat: then nothing is known."""
        if self.scanner(lines) is None:
            return False
        if self._scanner is None or nothing_dropped(self._cursor):
            return True
        row = self._cursor.execute("SELECT count(*) FROM stage WHERE learned").fetchone()
        if row and row[0] == self._scanner.learned:
            return True
        self.forget()
        return False

    def forget(self) -> None:
        """What the scanner learned is not, or not all, in the registry."""
        if self._scanner is not None:
            self._scanner.forget()
