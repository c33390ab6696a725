"""What the threads of a worker, and those who wait for them, share."""

from __future__ import annotations

import threading
from collections.abc import Callable

from clew.errors import BuildError


class Signals:
    """One lock for what the threads tell of themselves, a call to all who wait on it, and the end."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.stopping = threading.Event()

    def ring(self) -> None:
        """Have all who wait look again."""
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds; whoever calls has the lock. Raises BuildError at the end of the process."""
        self.changed.wait_for(lambda: condition() or self.stopping.is_set())
        if self.stopping.is_set():
            raise BuildError("serve is stopping: try again when it runs")

    def stop(self) -> None:
        self.stopping.set()
        self.ring()
