"""From a request's messages to the disk: every rule, then the log or the refused messages. A return means: on disk."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
import xxhash

from clew.collect.repeats import StoreOnce
from clew.collect.rules import RULES, Call, Draft
from clew.collect.times import read_time, times
from clew.collect.wire.reading import Body, is_kept_as_text, read_message
from clew.collect.wire.rewrite import Members, with_defaults
from clew.errors import Refused
from clew.eventlog import seal
from clew.messages import Stamp

_hash: Callable[[bytes], int] = xxhash.xxh3_128_intdigest


class Counts:
    """What was taken in since the process started."""

    def __init__(self) -> None:
        self.accepted = 0
        self.duplicates = 0
        self.refused: Counter[str] = Counter()


class _Sorted:
    """The sealed lines of one request: hash -> line, so that a message that stands in it twice is there once."""

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
        lines = _sort(call, body)
        fresh = await self._store(lines)
        self.counts.accepted += fresh
        self.counts.duplicates += len(body.elements) - fresh - lines.reasons.total()
        self.counts.refused += lines.reasons

    async def _store(self, lines: _Sorted) -> int:
        if not lines.refused:
            return await self._accepted.put(lines.accepted) if lines.accepted else 0
        if not lines.accepted:
            await self._refused.put(lines.refused)
            return 0
        fresh, _ = await asyncio.gather(self._accepted.put(lines.accepted), self._refused.put(lines.refused))
        return fresh


def _sort(call: Call, body: Body) -> _Sorted:
    sent = read_time(body.sent_at)
    defaults = _defaults(call, body)
    lines = _Sorted()
    for index, raw in enumerate(body.elements):
        if defaults:
            raw = with_defaults(raw, defaults)
        try:
            draft = Draft(call, index, raw, read_message(raw, call.limits.max_depth))
            for rule in RULES:
                rule(draft)
        except Refused as refused:
            lines.refused[_hash(raw)] = _refused(call, index, raw, refused)
            lines.reasons[refused.reason] += 1
        else:
            key = _hash(draft.message_id.encode()) if draft.made_id else _hash(raw)
            lines.accepted[key] = seal(_stamp(draft, sent), raw)
    return lines


def _stamp(draft: Draft, batch_sent: int | None) -> Stamp:
    call = draft.call
    when = times(draft.message, call.received_at, batch_sent, call.limits.clock_tolerance_seconds * 1_000_000)
    return Stamp(
        source=call.source.name,
        received_at=call.received_at,
        batch_index=draft.index,
        type=draft.type,
        message_id=draft.message_id,
        timestamp=when.timestamp,
        original_timestamp=when.original,
        sent_at=when.sent,
        clock_shift=0 if when.original is None else when.timestamp - when.original,
        detail=draft.note or when.note,
    )


def _refused(call: Call, index: int, raw: bytes, why: Refused) -> bytes:
    """The line of a refused message. What is not JSON, or no reader takes, is kept as a text of what was sent."""
    stamp = Stamp(
        source=call.source.name,
        received_at=call.received_at,
        batch_index=index,
        type=call.type or "",
        message_id="",
        timestamp=call.received_at,
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
