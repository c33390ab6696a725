"""Stopping a build, or a trial of rules, while another thread runs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clew.errors import Stopped
from clew.models.history.attempts import STOPPED
from clew.models.served import Cursor

EVERY = 0.05
"""Seconds between interrupts."""
LONGEST = 30.0
"""Seconds that who asks waits until it is heeded; what runs ends at its next statement all the same."""


class Stop:
    """Asked by one thread, heeded by the one that builds: in the middle of a statement, and only while tables are made.

    What makes the tables served, takes back, or writes down what happened is never interrupted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cursors: list[Cursor] = []
        self._left = threading.Event()
        self._by: str | None = None

    def ask(self, by: str) -> None:
        """Stop it in somebody's name, and wait until it is. An interrupt between two statements is lost, so that it is repeated."""
        with self._lock:
            self._by = self._by or by
            heeded = bool(self._cursors)
        for _ in range(round(LONGEST / EVERY)):
            if not heeded or self._left.wait(EVERY):
                return
            with self._lock:
                for cursor in self._cursors:
                    cursor.interrupt()

    @contextmanager
    def heeded(self, cursor: Cursor) -> Iterator[None]:
        """Where it can be stopped. Raises Stopped once somebody asked, at its beginning and its end too."""
        self._check()
        try:
            with self.also(cursor):
                yield
        except Exception as error:
            self._check(error)
            raise
        finally:
            self._left.set()
        self._check()

    @contextmanager
    def also(self, cursor: Cursor) -> Iterator[None]:
        """Another connection that it works on."""
        with self._lock:
            self._cursors.append(cursor)
        try:
            yield
        finally:
            with self._lock:
                self._cursors.remove(cursor)

    def _check(self, error: Exception | None = None) -> None:
        if self._by is not None:
            raise Stopped(STOPPED + self._by) from error
