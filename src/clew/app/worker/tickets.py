"""Who asks for a build, and which build is theirs."""

from __future__ import annotations


class Tickets:
    """A ticket is the number of a build that has not begun; all who ask until it begins share it. Used under the lock of `Signals`."""

    def __init__(self) -> None:
        # The first one looks whether the models are there and up to date.
        self._asked, self._taken, self._done = 1, 0, 0
        self.urgent = False
        """Somebody waits, so that no pause is made before the next build."""
        self._full = False

    @property
    def some_wait(self) -> bool:
        """Whether there is a build to make."""
        return self._asked > self._done

    def ask(self) -> int:
        """A ticket for a build that has not begun yet."""
        if self._asked == self._taken:
            self._asked += 1
        return self._asked

    def hurry(self, *, full: bool = False) -> int:
        """A ticket for one without delay; `full`: of all people."""
        self.urgent, self._full = True, self._full or full
        return self.ask()

    def take(self) -> bool:
        """A build begins now, for all who asked until now. Whether somebody asked for a full one."""
        self._taken, full = self._asked, self._full
        self.urgent = self._full = False
        return full

    def end(self, *, was_stopped: bool) -> None:
        """That build has ended. What was loaded meanwhile is no reason to begin again at once where it was stopped; who waits for one is."""
        self._done = self._asked if was_stopped and not self.urgent else self._taken

    def is_done(self, ticket: int) -> bool:
        return self._done >= ticket
