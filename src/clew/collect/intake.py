"""From a request's messages to the disk: every rule, then the log or the refused messages. A return means: on disk."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
import xxhash

from clew.clock import SECOND
from clew.collect.repeats import StoreOnce
from clew.collect.rules import PROPERTY_BYTES, RULES, Call, Draft
from clew.collect.times import Clock, Times, read_time, read_usual, times
from clew.collect.wire.ordinary import is_ordinary
from clew.collect.wire.reading import Body, is_kept_as_text
from clew.collect.wire.rewrite import Members, with_defaults
from clew.errors import Refused
from clew.eventlog import seal
from clew.messages import TYPES, Stamp

_hash: Callable[[bytes], int] = xxhash.xxh3_128_intdigest


class Counts:
    """What was taken in since the process started."""

    def __init__(self) -> None:
        self.accepted = 0
        self.duplicates = 0
        self.refused: Counter[str] = Counter()


class Sorted:
    """Sealed lines: hash -> line, so that a message that stands in a request twice is there once."""

    def __init__(self) -> None:
        self.accepted: dict[int, bytes] = {}
        self.refused: dict[int, bytes] = {}
        self.reasons: Counter[str] = Counter()


class Intake:
    """Where all requests end: two logs, and the counts."""

    def __init__(self, accepted: StoreOnce, refused: StoreOnce) -> None:
        self.counts = Counts()
        self._accepted = accepted
        self._refused = refused

    async def take(self, call: Call, body: Body) -> None:
        """Takes in the messages of one request; when it returns they are on disk. Raises LogFull or LogError: then not all are."""
        lines = sort_messages(call, body)
        if not lines.refused:
            fresh = await self.store_accepted(lines)
        else:
            fresh, _ = await asyncio.gather(self.store_accepted(lines), self._refused.put(lines.refused))
        self.counts.duplicates += len(body.elements) - fresh - lines.reasons.total()
        self.counts.refused += lines.reasons

    async def store_accepted(self, lines: Sorted) -> int:
        """Returns, when all are on disk, how many were new."""
        fresh = await self._accepted.put(lines.accepted) if lines.accepted else 0
        self.counts.accepted += fresh
        return fresh


def sort_messages(call: Call, body: Body) -> Sorted:
    """Each message of a request: the ordinary ones straight into the log, the others through the rules."""
    lines = Sorted()
    clock = Clock.of(call.received_at, read_time(body.sent_at), call.limits.clock_tolerance_seconds * SECOND)
    defaults = _defaults(call, body)
    if body.ordinary and not defaults:
        _sort_ordinary(call, body, clock, lines)
        return lines
    for index, raw in enumerate(body.elements):
        sort_message(Draft(call, index, with_defaults(raw, defaults) if defaults else raw), clock, lines)
    return lines


def _sort_ordinary(call: Call, body: Body, clock: Clock, lines: Sorted) -> None:
    """The rules but for those that the form of the messages proves. Every event passes here: each step is dear."""
    limits = call.limits
    max_bytes = min(limits.max_message_bytes, limits.max_properties * PROPERTY_BYTES)
    max_depth, max_messages = limits.max_depth, limits.max_batch_messages
    source, received_at, accepted = call.source.name, call.received_at, lines.accepted
    agrees, batch_sent = clock.sent_agrees, clock.sent
    for index, (raw, message) in enumerate(zip(body.elements, body.ordinary, strict=True)):
        if len(raw) > max_bytes or index >= max_messages or not is_ordinary(message, raw, max_depth):
            sort_message(Draft(call, index, raw), clock, lines)
            continue
        if agrees and message.sent_at is None and (original := read_usual(message.timestamp)) is not None:
            stamp = Stamp(
                source=source,
                received_at=received_at,
                batch_index=index,
                type=message.kind,
                message_id=message.message_id,
                timestamp=original,
                original_timestamp=original,
                sent_at=batch_sent,
            )
        else:
            stamp = _stamp(call, index, message.kind, message.message_id, times(message, clock), None)
        accepted[_hash(raw)] = seal(stamp, raw)


def sort_message(draft: Draft, clock: Clock, lines: Sorted) -> bool:
    """One message through the rules, into `lines`; whether it is accepted."""
    try:
        for rule in RULES:
            rule(draft)
    except Refused as refused:
        lines.refused[_hash(draft.raw)] = _refused_line(draft, clock, refused)
        lines.reasons[refused.reason] += 1
        return False
    key = _hash(draft.message_id.encode()) if draft.made_id else _hash(draft.raw)
    stamp = _stamp(draft.call, draft.index, draft.type, draft.message_id, times(draft.message, clock), draft.note)
    lines.accepted[key] = seal(stamp, draft.raw)
    return True


def _stamp(call: Call, index: int, kind: str, message_id: str, when: Times, note: str | None) -> Stamp:
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


def _refused_line(draft: Draft, clock: Clock, why: Refused) -> bytes:
    """The line of a refused message. What is not JSON, or not for every reader, is kept as a text of what was sent."""
    call, raw, said_id = draft.call, draft.raw, draft.message.message_id
    stamp = Stamp(
        source=call.source.name,
        received_at=call.received_at,
        batch_index=draft.index,
        type=draft.type if draft.type in TYPES else "",
        message_id=said_id if isinstance(said_id, str) else "",
        timestamp=call.received_at,
        sent_at=clock.sent,
        reason=why.reason,
        detail=why.detail,
    )
    return seal(stamp, msgspec.json.encode(raw.decode(errors="replace")) if is_kept_as_text(raw) else raw)


def _defaults(call: Call, body: Body) -> dict[str, Members]:
    """What each message of the request gets where it has none of its own."""
    context = dict(body.context or {})
    if call.source.client_side:
        for name, value in (("ip", call.ip), ("userAgent", call.user_agent)):
            if value:
                context.setdefault(name, msgspec.Raw(msgspec.json.encode(value)))
    defaults = {"context": context, "integrations": body.integrations or {}}
    return {name: members for name, members in defaults.items() if members}
