"""From a request's messages to the disk: every rule, then the log or the refused messages. A return means: on disk."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec

from clew import eventlog
from clew.clock import SECOND
from clew.collect.repeats import StoreOnce, fingerprint
from clew.collect.rules import RULES, Call, Draft
from clew.collect.shortcut import find_exceptions
from clew.collect.stamps import stamp_all, stamp_one
from clew.collect.times import Clock, read_time, times
from clew.collect.wire.message import is_kept_as_text
from clew.collect.wire.reading import Body
from clew.collect.wire.rewrite import Members, with_defaults
from clew.errors import Refused
from clew.messages import TYPES, Stamp


class Counts:
    """What was taken in since the process started."""

    def __init__(self) -> None:
        self.accepted = 0
        self.duplicates = 0
        self.refused: Counter[str] = Counter()


class Sorted:
    """Bodies of lines: fingerprint -> body, so that a message that stands in a request twice is there once."""

    def __init__(self) -> None:
        self.accepted: dict[bytes, bytes] = {}
        self.refused: dict[bytes, bytes] = {}
        self.reasons: Counter[str] = Counter()
        self.messages = 0
        """As many as the request held."""


class Intake:
    """Where all requests end: two logs, and the counts."""

    def __init__(self, accepted: StoreOnce, refused: StoreOnce) -> None:
        self.counts = Counts()
        self._accepted = accepted
        self._refused = refused

    async def store(self, lines: Sorted) -> None:
        """Stores the messages of one request; when it returns they are on disk. Raises LogFull or LogError: then not all are."""
        if not lines.refused:
            fresh = await self.store_accepted(lines)
        else:
            fresh, _ = await asyncio.gather(self.store_accepted(lines), self._refused.put(lines.refused))
        self.counts.duplicates += lines.messages - fresh - lines.reasons.total()
        self.counts.refused += lines.reasons

    async def store_accepted(self, lines: Sorted) -> int:
        """Returns, when all are on disk, how many were new."""
        fresh = await self._accepted.put(lines.accepted) if lines.accepted else 0
        self.counts.accepted += fresh
        return fresh


def sort_messages(call: Call, body: Body) -> Sorted:
    """Each message of a request: the ordinary ones straight into the log, the others through the rules."""
    lines = Sorted()
    lines.messages = len(body.elements)
    clock = Clock.of(call.received_at, read_time(body.sent_at), call.limits.clock_tolerance_seconds * SECOND)
    defaults = _defaults(call, body)
    if body.ordinary and not defaults:
        _sort_ordinary(call, body, clock, lines)
        return lines
    for index, raw in enumerate(body.elements):
        sort_message(Draft(call, index, with_defaults(raw, defaults) if defaults else raw), clock, lines)
    return lines


def _sort_ordinary(call: Call, body: Body, clock: Clock, lines: Sorted) -> None:
    """Ordinary messages all at once, but for those that need the rules; in their order."""
    begin = 0
    for index in find_exceptions(call, body):
        _seal_ordinary(call, body, clock, lines, begin, index)
        sort_message(Draft(call, index, body.elements[index]), clock, lines)
        begin = index + 1
    _seal_ordinary(call, body, clock, lines, begin, len(body.elements))


def _seal_ordinary(call: Call, body: Body, clock: Clock, lines: Sorted, begin: int, end: int) -> None:
    elements = body.elements[begin:end]
    stamps = stamp_all(call, clock, body.ordinary[begin:end], begin)
    lines.accepted.update(zip(map(fingerprint, elements), eventlog.all_bodies(stamps, elements), strict=True))


def sort_message(draft: Draft, clock: Clock, lines: Sorted) -> bool:
    """One message through the rules, into `lines`; whether it is accepted."""
    try:
        for rule in RULES:
            rule(draft)
    except Refused as refused:
        lines.refused[fingerprint(draft.raw)] = _refused_line(draft, clock, refused)
        lines.reasons[refused.reason] += 1
        return False
    key = fingerprint(draft.message_id.encode()) if draft.made_id else fingerprint(draft.raw)
    stamp = stamp_one(draft.call, draft.index, draft.type, draft.message_id, times(draft.message, clock), draft.note)
    lines.accepted[key] = eventlog.body(stamp, draft.raw)
    return True


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
    return eventlog.body(stamp, msgspec.json.encode(raw.decode(errors="replace")) if is_kept_as_text(raw) else raw)


def _defaults(call: Call, body: Body) -> dict[str, Members]:
    """What each message of the request gets where it has none of its own."""
    context = dict(body.context or {})
    if call.source.client_side:
        for name, value in (("ip", call.ip), ("userAgent", call.user_agent)):
            if value:
                context.setdefault(name, msgspec.Raw(msgspec.json.encode(value)))
    defaults = {"context": context, "integrations": body.integrations or {}}
    return {name: members for name, members in defaults.items() if members}
