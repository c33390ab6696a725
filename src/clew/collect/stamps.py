"""What the collector stamps on accepted messages: on one that went through the rules, or on many ordinary ones at once."""

from __future__ import annotations

from collections.abc import Sequence

from clew.collect.rules import Call
from clew.collect.times import Clock, Times, read_usual, times
from clew.collect.wire.ordinary import Ordinary
from clew.messages import Stamp


def stamp_one(call: Call, index: int, kind: str, message_id: str, when: Times, note: str | None) -> Stamp:
    """The stamp of the message in place `index` of its request."""
    timestamp, original, sent, unread = when
    return Stamp(
        source=call.source.name,
        received_at=call.received_at,
        batch_index=index,
        type=kind,
        message_id=message_id,
        timestamp=timestamp,
        original_timestamp=original,
        sent_at=sent,
        clock_shift=0 if original is None else timestamp - original,
        detail=note or unread,
    )


def stamp_all(call: Call, clock: Clock, messages: Sequence[Ordinary], first: int) -> list[Stamp]:
    """The stamps of ordinary messages that stand in their request from place `first` on."""
    usual = read_usual([message.timestamp for message in messages]) if clock.sent_agrees else None
    if usual is None or any([message.sent_at is not None for message in messages]):  # noqa: C419 - faster so
        return [
            stamp_one(call, index, message.kind, message.message_id, times(message, clock), None) for index, message in enumerate(messages, first)
        ]
    source, received_at, sent = call.source.name, call.received_at, clock.sent
    return [
        Stamp(
            source=source,
            received_at=received_at,
            batch_index=index,
            type=message.kind,
            message_id=message.message_id,
            timestamp=original,
            original_timestamp=original,
            sent_at=sent,
        )
        for index, (message, original) in enumerate(zip(messages, usual, strict=True), first)
    ]
