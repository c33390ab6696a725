"""Where things are inside a project folder, and the secret that lies there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import NamedTuple


class Paths(NamedTuple):
    """Where things are inside a project folder."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "clew.toml"

    @property
    def log(self) -> Path:
        """Accepted messages."""
        return self.root / "log"

    @property
    def refused(self) -> Path:
        """Refused messages, a log of the same form."""
        return self.root / "refused"

    @property
    def database(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def timeline(self) -> Path:
        """Each person's events as columns; may be deleted while nothing runs: the next build makes it again."""
        return self.root / "timeline"

    @property
    def kernels(self) -> Path:
        """Compiled code; may be deleted while nothing runs."""
        return self.root / "kernels"

    @property
    def dedupe(self) -> Path:
        """Sorted runs of key hashes."""
        return self.root / "dedupe"

    @property
    def scratch(self) -> Path:
        """Spill files of the database; may be deleted while nothing runs."""
        return self.root / "scratch"

    @property
    def state(self) -> Path:
        """Clew's own small tables (log-ins, roles)."""
        return self.root / "state.sqlite"

    @property
    def exports(self) -> Path:
        """Files of saved reports that are written on a schedule."""
        return self.root / "exports"

    @property
    def run(self) -> Path:
        """Locks, addresses and the local token of running processes."""
        return self.root / "run"

    @property
    def salt(self) -> Path:
        """The secret that `universal_hash` is made with."""
        return self.root / "secret.salt"


def salt(root: Path) -> str:
    """The project's secret salt, made at the first call."""
    path = Paths(root).salt
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(16))
        return path.read_text("ascii").strip()
