"""A shop whose visitors look, add and buy over eight weeks, built by the real models: for tests of reports' pages."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from tests.analyses import built
from tests.analyses.behaviour import History
from tests.oracle import Message

from clew.clock import DAY, HOUR, MINUTE
from clew.config import Project, Settings
from pages import AS_OF, ZONE, micros

HOSTILE = "<script>alert('x')</script>"
STEPS = ("Page Viewed", "Product Viewed", "Product Added", "Order Completed")


def shopping(people: int = 90, days: int = 56, seed: int = 3) -> History:
    """Visitors come back less and less; each visit goes some way towards an order. One event has a hostile name."""
    chance, messages, properties = random.Random(seed), [], {}
    for person in range(people):
        first = chance.randrange(days)
        for day in [first, *(d for d in range(first + 1, days) if chance.random() < 0.25 / (1 + (d - first) / 7))]:
            time = micros(AS_OF) - (days - day) * DAY + chance.randrange(10) * HOUR
            for step, name in enumerate(("Page Viewed", "Product Viewed", "Product Viewed", "Product Added", "Order Completed", HOSTILE)):
                if step and chance.random() < (0.75 if step == 5 else 0.35):
                    break
                time += chance.randrange(1, 9) * MINUTE
                message = _message(len(messages), person, time, name)
                messages.append(message)
                properties[message.key] = _properties(chance, name)
    messages.append(_message(len(messages), 0, micros(AS_OF), "Page Viewed"))
    properties[messages[-1].key] = {}
    return History(messages, properties)


def _message(number: int, person: int, time: int, name: str) -> Message:
    kind = "page" if name == "Page Viewed" else "track"
    platform = ("web", "ios", None)[person % 3]
    return Message(
        source="web", message_id=f"m{number}", type=kind, event=name, user_id=f"u{person:02}", timestamp=time, received_at=time, platform=platform
    )


def _properties(chance: random.Random, name: str) -> dict[str, Any]:
    return {"category": chance.choice(("Shoes", "Games", HOSTILE)), "total": chance.randrange(500, 9000) / 100} if name != "Page Viewed" else {}


def rules() -> Settings:
    return Settings(project=Project(name="Shoe shop", timezone=ZONE))


def built_shop(root: Path) -> Any:
    """Has `connection`, the database of the shop."""
    return built.build(shopping(), rules(), root)
