"""What the rules say of each kind of event and each context, as arrays by number.

So that a rule is a look at a small array, not at the text of every event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from clew import clock
from clew.config import Settings
from clew.models.blocks import Lookups
from clew.models.ledger import Cursor

ROWS = ("track", "page", "screen")
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign")
TOUCH = (*CAMPAIGN, "utm_term", "utm_content", "click_id")


def lookups(cursor: Cursor, settings: Settings) -> Lookups:
    """The arrays for all kinds and contexts known now."""
    kinds = cursor.execute("SELECT kind_id, type, event, platform FROM clew.event_kinds").fetchall()
    contexts: list[tuple[int, dict[str, str | None]]] = cursor.execute("SELECT context_id, context FROM clew.event_contexts").fetchall()
    rules = settings.sessions
    minutes = {name: round(value * clock.MINUTE) for name, value in rules.platform_inactivity_minutes.items()}
    platforms = {name: number for number, name in enumerate(sorted({platform for *_, platform in kinds}))}
    campaigns: dict[tuple[str | None, ...], int] = {}

    def by_kind(value: Callable[[str, str, str], Any], dtype: type = bool) -> npt.NDArray[Any]:
        return _by_number(((number, value(*row)) for number, *row in kinds), dtype)

    def by_context(value: Callable[[dict[str, str | None]], Any], dtype: type = bool) -> npt.NDArray[Any]:
        return _by_number(((number, value(row)) for number, row in contexts), dtype)

    def excluded(kind: str, event: str, platform: str) -> bool:
        return event in settings.activity.exclude

    def campaign(row: dict[str, str | None]) -> int:
        key = tuple(row[c] for c in CAMPAIGN)
        return campaigns.setdefault(key, len(campaigns) + 1) if any(key) else 0

    return Lookups(
        is_row=by_kind(lambda kind, event, platform: kind in ROWS),
        is_excluded=by_kind(excluded),
        counts=by_kind(lambda kind, event, platform: kind in ROWS and not excluded(kind, event, platform) and event not in rules.ignore_events),
        view=by_kind(lambda kind, event, platform: kind in ("page", "screen")),
        ends=by_kind(lambda kind, event, platform: event in rules.end_events),
        starts=by_kind(lambda kind, event, platform: event in rules.start_events),
        engages=by_kind(lambda kind, event, platform: event in settings.bounce.engagement_events),
        inactivity=by_kind(lambda kind, event, platform: minutes.get(platform, round(rules.inactivity_minutes * clock.MINUTE)), np.int64),
        platform=by_kind(lambda kind, event, platform: platforms[platform], np.int32),
        touch=by_context(lambda row: any(row[c] for c in TOUCH)),
        campaign=by_context(campaign, np.int32),
        country=by_context(lambda row: row["country"] is not None),
    )


def _by_number(rows: Any, dtype: type) -> npt.NDArray[Any]:
    found = dict(rows)
    values = np.zeros(max(found, default=0) + 1, dtype)
    for number, value in found.items():
        values[number] = value
    return values
