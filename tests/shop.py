"""A project with people in it, loaded and built for real, and its pages: for tests of people and identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from clew.config import Log, Paths, Project, Settings, Warehouse
from clew.eventlog import LogWriter, seal
from clew.messages import Stamp
from clew.models import build_if_needed
from clew.warehouse import Warehouse as Database
from clew.warehouse.loading.load import Loader
from clew.web.context import Status
from pages import SOURCES, ZONE

HOUR = 3_600_000_000
SECOND = 1_000_000
T0 = 1_795_413_600_000_000
"""2026-11-23 at 07:00 in Amsterdam."""
HOSTILE = "<script>alert(1)</script>"
RTL = "\u202eevil\u2066 \u05d0\u05d1\u05d2"


def settings(**changes: Any) -> Settings:
    """Of the shop: one thread, so that many tests run beside each other."""
    given = {"project": Project(name="Shoe shop", timezone=ZONE), "sources": SOURCES, "warehouse": Warehouse(threads=1, memory="500MB")}
    return Settings(**{**given, **changes})


class People:
    """A project: `call` sends a message, `build` loads and models what was sent."""

    def __init__(self, root: Path, rules: Settings | None = None) -> None:
        self.root = root
        self.settings = rules or settings()
        for folder in (Paths(root).log, Paths(root).refused):
            folder.mkdir(parents=True, exist_ok=True)
        self.database = Database.open(root, self.settings)
        self.loader = Loader(self.database, root, self.settings)
        self.lines: list[bytes] = []
        self.sent = 0

    def call(self, kind: str, at: float, source: str = "web", **fields: Any) -> str:
        """Send a call `at` hours after T0; returns its message id."""
        number, self.sent = self.sent, self.sent + 1
        time = T0 + int(at * HOUR)
        message = {"type": kind, "messageId": f"m{number}", **fields}
        stamp = Stamp(
            source=source, received_at=time + 40_000, type=kind, message_id=f"m{number}", timestamp=time, original_timestamp=time, sent_at=time
        )
        self.lines.append(seal(stamp, msgspec.json.encode(message)))
        return f"m{number}"

    def build(self) -> int:
        """Load what was sent since, and build. Returns the build's number."""
        if self.lines:
            writer = LogWriter(Paths(self.root).log, Log())
            writer.append(b"".join(self.lines), len(self.lines))
            writer.close()
            self.lines = []
        while self.loader.load().records:
            pass
        self.result, _ = build_if_needed(self.database, self.settings, self.root)
        return self.result.build_id

    def status(self) -> Status:
        return Status(load_id=self.result.load_id, loaded_at=T0, build_id=self.result.build_id, data_as_of=self.result.data_as_of)

    def close(self) -> None:
        self.loader.close()
        self.database.close()
