"""One small history that the documentation's examples count: two shoppers, an account, four weeks of March 2026."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from tests.analyses.behaviour import History
from tests.oracle import Message

from clew import clock
from clew.config import Log, Paths
from clew.eventlog import LogWriter, seal
from clew.messages import Stamp

_ROWS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    # Ann buys after having compared; Ben looks around twice, and adds a game; Cem comes once; Dia buys at once, of another category.
    ("ann", "2026-03-02T09:00:00", "Page Viewed", {}),
    ("ann", "2026-03-02T09:01:00", "Product Viewed", {"category": "Games"}),
    ("ann", "2026-03-02T09:05:00", "Product Viewed", {"category": "Books"}),
    ("ann", "2026-03-02T09:06:00", "Product Added", {"category": "Games"}),
    ("ann", "2026-03-02T09:10:00", "Checkout Started", {}),
    ("ann", "2026-03-02T09:11:00", "Payment Entered", {}),
    ("ann", "2026-03-02T09:12:00", "Order Completed", {"total": 40, "category": "Games"}),
    ("ann", "2026-03-09T10:00:00", "Order Rated", {"stars": 5}),
    ("ann", "2026-03-17T10:00:00", "Page Viewed", {}),
    ("ben", "2026-03-03T12:00:00", "Page Viewed", {}),
    ("ben", "2026-03-03T12:02:00", "Product Viewed", {"category": "Games"}),
    ("ben", "2026-03-11T12:00:00", "Product Viewed", {"category": "Games"}),
    ("ben", "2026-03-11T12:04:00", "Product Added", {"category": "Games"}),
    ("ben", "2026-03-11T12:05:00", "Product Removed", {"category": "Games"}),
    ("ben", "2026-03-11T12:09:00", "Order Completed", {"total": 12.5, "category": "Books"}),
    ("cem", "2026-03-04T20:00:00", "Page Viewed", {}),
    ("cem", "2026-03-04T20:00:30", "Product Viewed", {"category": "Books"}),
    ("dia", "2026-03-10T08:00:00", "Product Viewed", {"category": "Books"}),
    ("dia", "2026-03-10T08:02:00", "Product Added", {"category": "Books"}),
    ("dia", "2026-03-10T08:03:00", "Order Completed", {"total": 7.25, "category": "Books"}),
    ("dia", "2026-03-29T23:00:00", "Page Viewed", {}),
)


def _message(number: int, user: str, at: str, event: str) -> Message:
    time = clock.parse_time(at) or 0
    return Message(
        source="web",
        message_id=f"m{number}",
        type="page" if event == "Page Viewed" else "track",
        event=event,
        user_id=user,
        timestamp=time,
        received_at=time,
        platform="web" if user < "c" else "ios",
    )


_MESSAGES = [_message(number, user, at, event) for number, (user, at, event, _) in enumerate(_ROWS)]
STORY = History(_MESSAGES, {m.key: properties for m, (*_, properties) in zip(_MESSAGES, _ROWS, strict=True)})


def collect(root: Path, source: str) -> None:
    """Put the story into a project's log, as if it had been received event by event."""
    lines = [seal(_stamp(m, source), msgspec.json.encode(_wire(m))) for m in _MESSAGES]
    Paths(root).log.mkdir(parents=True, exist_ok=True)
    writer = LogWriter(Paths(root).log, Log())
    writer.append(b"".join(lines), len(lines))
    writer.close()


def _stamp(m: Message, source: str) -> Stamp:
    return Stamp(
        source=source, received_at=m.received_at, type=m.type, message_id=m.message_id, timestamp=m.time, original_timestamp=m.time, sent_at=m.time
    )


def _wire(m: Message) -> dict[str, Any]:
    about = {"track": {"event": m.event}, "page": {}}[m.type]
    context = {"context": {"device": {"type": m.platform}}} if m.platform == "ios" else {"context": {"library": {"name": "analytics.js"}}}
    return {"type": m.type, "messageId": m.message_id, "userId": m.user_id, "properties": STORY.of(m), **about, **context}
