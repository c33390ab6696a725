"""clew.toml while `serve` runs: read again when it changes."""

from __future__ import annotations

from pathlib import Path

from clew import config
from clew.app.worker.troubles import Troubles
from clew.config import Paths, Settings
from clew.errors import ClewError


class Configured:
    """The newest settings that could be read."""

    def __init__(self, root: Path, settings: Settings, troubles: Troubles) -> None:
        self.settings = settings
        self._root = root
        self._troubles = troubles
        self._time = _time(root)

    def look(self) -> bool:
        """Whether there are other settings than at the last look. Of a file that cannot be used it is said why; the settings before it stay."""
        time, before = _time(self._root), self._time
        self._time = time
        return time != before and self._read()

    def _read(self) -> bool:
        try:
            self.settings = config.load(self._root)
        except ClewError as error:
            self._troubles.say("config", f"the settings before the last change are in force: {error}")
            return False
        self._troubles.over("config")
        return True


def _time(root: Path) -> int:
    """When clew.toml was changed; 0 while it is not there, as in the midst of an editor's saving."""
    try:
        return Paths(root).config.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
