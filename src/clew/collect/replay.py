"""Refused messages once more through the rules: after a change of settings, or a repair of Clew.

A message keeps the time it was received at and its place in its request, so that its own time is corrected as it would have been then.
One that came without a message id gets one made of its record, so that a replay cut short and begun again stores nothing twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import msgspec

from clew import locks
from clew.clock import SECOND
from clew.collect.collector import CollectAddress, Collector, running
from clew.collect.control import order
from clew.collect.intake import Sorted, sort_message
from clew.collect.refusals import Choice, Refusal, Replayed, read
from clew.collect.rules import Call, Draft
from clew.collect.times import Clock
from clew.config import Paths, Settings
from clew.messages import TYPES

GROUP = 1000
"""Messages that are stored together."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay did. `accepted`: now in the log, or found to be there already. `refused`: reason -> still refused; they stay."""

    accepted: int = 0
    refused: dict[str, int] = {}
    unknown_source: int = 0
    """Left alone, because clew.toml has no source of that name any more."""


def replay(root: Path, settings: Settings, choice: Choice) -> Outcome:
    """Send the refusals of `choice` through the rules again, by the running collector if one runs. Raises LogError, ProjectError."""
    address = running(root)
    if address is not None:
        return _ask(address, choice)
    with locks.hold(Paths(root).run / "collect.lock", "clew collect"):
        return asyncio.run(_replay_alone(root, settings, choice))


async def _replay_alone(root: Path, settings: Settings, choice: Choice) -> Outcome:
    collector = Collector(root, settings)
    await collector.start()
    try:
        return await replay_into(collector, choice)
    finally:
        await collector.stop()


async def replay_into(collector: Collector, choice: Choice) -> Outcome:
    """The same inside the process that writes the log."""
    refused: Counter[str] = Counter()
    accepted = unknown = 0
    for group in _groups(list(read(collector.root, choice))):
        lines, passed = Sorted(), []
        for refusal in group:
            call = _call(collector, refusal)
            if call is None:
                unknown += 1
            elif sort_message(_draft(call, refusal), _clock(call, refusal), lines):
                passed.append(refusal)
        if passed:
            await collector.intake.store_accepted(lines)
        if places := [refusal.place for refusal in passed if refusal.place is not None]:
            await asyncio.to_thread(Replayed(Paths(collector.root).refused).add, places)
        accepted += len(passed)
        refused += lines.reasons
    return Outcome(accepted=accepted, refused=dict(refused), unknown_source=unknown)


def _groups(refusals: list[Refusal]) -> list[list[Refusal]]:
    return [refusals[begin : begin + GROUP] for begin in range(0, len(refusals), GROUP)]


def _call(collector: Collector, refusal: Refusal) -> Call | None:
    """The call as it was, but for the limit on messages in one request: this is no request."""
    record, settings = refusal.record, collector.settings
    limits = msgspec.structs.replace(settings.collect, max_batch_messages=2**62)
    source = next((source for source in settings.sources if source.name == record.source), None)
    return None if source is None else Call(source, limits, record.received_at, record.type if record.type in TYPES else None)


def _draft(call: Call, refusal: Refusal) -> Draft:
    spare_id = refusal.record.message_id or f"replay-{refusal.checksum}-{refusal.record.received_at}-{refusal.record.batch_index}"
    return Draft(call, refusal.record.batch_index, refusal.message, message_id=spare_id)


def _clock(call: Call, refusal: Refusal) -> Clock:
    return Clock.of(call.received_at, refusal.record.sent_at, call.limits.clock_tolerance_seconds * SECOND)


def _ask(address: CollectAddress, choice: Choice) -> Outcome:
    return msgspec.json.decode(order(address, "replay", msgspec.json.encode(choice)), type=Outcome)
