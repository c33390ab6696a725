"""What the rules say of each kind of event and each context, as arrays by number.

So that a rule is a look at a small array, not at the text of every event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clew import clock
from clew.config import Settings
from clew.models.blocks import Lookups
from clew.models.served import Cursor

ROWS = ("track", "page", "screen")
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign")
TOUCH = (*CAMPAIGN, "utm_term", "utm_content", "click_id")


class _Kind(NamedTuple):
    """A row of `clew.event_kinds`."""

    number: int
    source: str
    type: str
    event: str
    platform: str


def lookups(cursor: Cursor, settings: Settings) -> Lookups:
    """The arrays for all kinds and contexts known now."""
    kinds = [_Kind(*row) for row in cursor.execute("SELECT kind_id, source, type, event, platform FROM clew.event_kinds").fetchall()]
    contexts: list[tuple[int, dict[str, str | None]]] = cursor.execute("SELECT context_id, context FROM clew.event_contexts").fetchall()
    rules, exclude = settings.sessions, settings.activity.exclude
    minutes = {name: round(value * clock.MINUTE) for name, value in rules.platform_inactivity_minutes.items()}
    platforms, sources = _places(k.platform for k in kinds), _places(k.source for k in kinds)
    campaigns: dict[tuple[str | None, ...], int] = {}

    def by_kind(value: Callable[[_Kind], Any], dtype: type = bool) -> npt.NDArray[Any]:
        return _by_number(((kind.number, value(kind)) for kind in kinds), dtype)

    def by_context(value: Callable[[dict[str, str | None]], Any], dtype: type = bool) -> npt.NDArray[Any]:
        return _by_number(((number, value(row)) for number, row in contexts), dtype)

    def campaign(row: dict[str, str | None]) -> int:
        key = tuple(row[c] for c in CAMPAIGN)
        return campaigns.setdefault(key, len(campaigns) + 1) if any(key) else 0

    return Lookups(
        is_row=by_kind(lambda kind: kind.type in ROWS),
        counts=by_kind(lambda kind: kind.type in ROWS and kind.event not in exclude and kind.event not in rules.ignore_events),
        view=by_kind(lambda kind: kind.type in ("page", "screen")),
        ends=by_kind(lambda kind: kind.event in rules.end_events),
        starts=by_kind(lambda kind: kind.event in rules.start_events),
        engages=by_kind(lambda kind: kind.event in settings.bounce.engagement_events),
        inactivity=by_kind(lambda kind: minutes.get(kind.platform, round(rules.inactivity_minutes * clock.MINUTE)), np.int64),
        platform=by_kind(lambda kind: platforms[kind.platform], np.int32),
        source_rank=by_kind(lambda kind: sources[kind.source], np.int32),
        touch=by_context(lambda row: any(row[c] for c in TOUCH)),
        campaign=by_context(campaign, np.int32),
        country=by_context(lambda row: row["country"] is not None),
    )


def _places(texts: Iterable[str]) -> dict[str, int]:
    """Each text's place in their order, which is bytewise."""
    return {text: place for place, text in enumerate(sorted(set(texts)))}


def _by_number(rows: Any, dtype: type) -> npt.NDArray[Any]:
    found = dict(rows)
    values = np.zeros(max(found, default=0) + 1, dtype)
    for number, value in found.items():
        values[number] = value
    return values
