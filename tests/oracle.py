"""The definitions of identity and sessions as plain Python: slow, short, and the judge of the SQL.

Times are integers, microseconds since 1970 UTC. Written apart from the SQL; tests/models/test_oracle.py compares it with the specification's own.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clew.clock import HOUR, MINUTE, SECOND
from clew.config import Settings

YEAR_2000 = 946_684_800 * SECOND
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
Order = tuple[int, int, int, bytes, bytes]


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, as `clew.model_events` has it."""

    source: str = "web"
    message_id: str
    type: str = "track"
    event: str | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    previous_id: str | None = None
    timestamp: int
    received_at: int
    batch_index: int = 0
    platform: str | None = None
    device_id: str | None = None
    campaign: tuple[str | None, str | None, str | None] = (None, None, None)
    activity: bool = True
    page_path: str | None = None
    load_id: int = 1

    @property
    def is_suspect(self) -> bool:
        return self.timestamp > self.received_at + HOUR or self.timestamp < YEAR_2000

    @property
    def time(self) -> int:
        """`model_time`."""
        return self.received_at if self.is_suspect else self.timestamp

    @property
    def order(self) -> Order:
        return (self.time, self.received_at, self.batch_index, self.source.encode(), self.message_id.encode())

    @property
    def key(self) -> tuple[str, str]:
        return (self.source, self.message_id)


class Alias(NamedTuple):
    """An identifier in its identity space."""

    space: str
    id: str


class Edge(NamedTuple):
    """Compared as written: the greatest is the latest."""

    seen_at: int
    next: Alias


class Identity:
    """Who is who in a set of messages, under the settings' rules."""

    def __init__(self, messages: Iterable[Message], settings: Settings) -> None:
        self.rules = settings.identity
        self.sightings: dict[Alias, list[tuple[Order, Alias]]] = defaultdict(list)
        self.edges: dict[Alias, Edge] = {}
        self.first_seen: dict[Alias, int] = {}
        self.last_seen: dict[Alias, int] = {}
        for message in messages:
            self._see(message)
        for rows in self.sightings.values():
            rows.sort()
        self.held_back = self._held_back()

    def alias(self, source: str, identifier: str | None) -> Alias | None:
        """The identifier, unless it is blocked."""
        bare = (identifier or "").strip().lower()
        if not bare.strip("0-") or bare in self.rules.blocked or identifier is None:
            return None
        return Alias(self.rules.space.get(source, ""), identifier)

    def _see(self, m: Message) -> None:
        anonymous, user, previous = (self.alias(m.source, i) for i in (m.anonymous_id, m.user_id, m.previous_id))
        seen_at = min(m.timestamp, m.received_at)
        for alias in filter(None, (anonymous, user, previous)):
            self.first_seen[alias] = min(seen_at, self.first_seen.get(alias, seen_at))
            self.last_seen[alias] = max(seen_at, self.last_seen.get(alias, seen_at))
        for alias in (anonymous, previous if m.type == "alias" else None):
            if alias and user and alias != user and not {(alias.id, user.id), (alias.id, user.id, alias.space)} & set(self.rules.denied):
                self.sightings[alias].append((m.order, user))
                self.edges[alias] = max(Edge(seen_at, user), self.edges.get(alias, Edge(seen_at, user)))

    def walk(self, alias: Alias) -> tuple[Alias, int]:
        """Where the alias leads, and after how many hops."""
        path = {alias: 0}
        """In the order of the walk, with the hops to each."""
        last = alias
        while last in self.edges:
            following = self.edges[last].next
            if following in path:
                cycle = list(path)[path[following] :]
                end = max((self.edges[a], a) for a in cycle)[0].next
                return end, path[end]
            path[following] = len(path)
            last = following
        return last, len(path) - 1

    def _held_back(self) -> set[Alias]:
        pointed_at = {edge.next for edge in self.edges.values()}
        leaves = defaultdict(list)
        for alias in self.edges.keys() - pointed_at:
            leaves[self.walk(alias)[0]].append((self.first_seen[alias], alias))
        return {alias for rows in leaves.values() for _, alias in sorted(rows)[self.rules.max_aliases_per_person :]}

    def universal(self, alias: Alias) -> Alias:
        return alias if alias in self.held_back else self.walk(alias)[0]

    def mapping(self) -> dict[Alias, tuple[Alias, int, int, int]]:
        """universal_alias_mapping: alias -> (universal id, hops, first seen, last seen)."""
        hops = {a: 0 if a in self.held_back else self.walk(a)[1] for a in self.first_seen}
        return {a: (self.universal(a), hops[a], self.first_seen[a], self.last_seen[a]) for a in self.first_seen}

    def person(self, m: Message) -> Alias | None:
        """Whose event it is; None where it names nobody."""
        user, device = self.alias(m.source, m.user_id), self.alias(m.source, m.anonymous_id)
        if user:
            return self.universal(user)
        return self._owner(device, m.time) if device else None

    def _owner(self, device: Alias, time: int) -> Alias:
        rows = self.sightings.get(device)
        if not rows or device in self.held_back or self.rules.mode == "last":
            return self.universal(device)
        if self.rules.mode == "first":
            return self.universal(rows[0][1])
        later = [user for order, user in rows if order[0] >= time]
        return self.universal(later[0] if later else rows[-1][1])


@dataclass
class Session:
    """One session; `events` are in order."""

    events: list[Message]
    end: int = 0
    uncounted: list[Message] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.events[0].time

    @property
    def last(self) -> int:
        return self.events[-1].time

    @property
    def views(self) -> int:
        return sum(m.type in ("page", "screen") for m in self.events)


def is_activity(m: Message, settings: Settings) -> bool:
    return m.activity and m.event not in settings.activity.exclude


def people(messages: Iterable[Message], settings: Settings) -> dict[Alias | None, list[Message]]:
    """Tracks, pages and screens of each person, in order."""
    identity = Identity(messages, settings)
    found: dict[Alias | None, list[Message]] = defaultdict(list)
    for m in sorted(messages, key=lambda m: m.order):
        if m.type in ("track", "page", "screen"):
            found[identity.person(m)].append(m)
    return found


def sessions(rows: list[Message], settings: Settings) -> list[Session]:
    """The sessions of one person, in order, from all of the person's rows."""
    units: dict[str | None, list[Message]] = defaultdict(list)
    for m in rows:
        units[{"person": None, "platform": m.platform, "device": m.device_id}[settings.sessions.scope]].append(m)
    found = [session for unit in units.values() for session in _of_unit(unit, settings)]
    return sorted(found, key=lambda s: s.events[0].order)


def _of_unit(rows: list[Message], settings: Settings) -> Iterator[Session]:
    counted = [m for m in rows if is_activity(m, settings) and m.event not in settings.sessions.ignore_events]
    found: list[Session] = []
    for m, opens in zip(counted, _openings(counted, settings), strict=True):
        if opens:
            found.append(Session([]))
        found[-1].events.append(m)
    for session, following in zip_longest(found, found[1:]):
        session.end = _end(session, following, settings)
        session.uncounted = [m for m in rows if m not in counted and session.start <= m.time < session.end]
    yield from found


def _openings(rows: list[Message], settings: Settings) -> Iterator[bool]:
    """For each event, whether it opens a session: the first pass finds runs, the second divides them."""
    rules = settings.sessions
    longest = round(rules.max_minutes * MINUTE)
    previous: Message | None = None
    run_start, campaign = 0, None
    for m in rows:
        present = m.campaign if any(m.campaign) else None
        if previous is None or _opens_run(previous, m, settings):
            run_start, campaign = m.time, present
            yield True
        else:
            new = rules.new_on_campaign and present is not None and present != campaign
            if longest:
                new = new or (m.time - run_start) // longest != (previous.time - run_start) // longest
            campaign = present or campaign
            yield new
        previous = m


def _opens_run(previous: Message, m: Message, settings: Settings) -> bool:
    rules, zone = settings.sessions, settings.project.timezone
    idle = m.time - previous.time
    limit = round(rules.platform_inactivity_minutes.get(m.platform or "", rules.inactivity_minutes) * MINUTE)
    return (
        idle > limit
        or (rules.new_at_midnight and local_date(m.time, zone) != local_date(previous.time, zone))
        or (previous.event in rules.end_events and m.event not in rules.end_events)
        or (m.event in rules.start_events and idle > round(rules.start_grace_seconds * SECOND))
    )


def _end(session: Session, following: Session | None, settings: Settings) -> int:
    rules = settings.sessions
    if session.events[-1].event in rules.end_events:
        return session.last
    ends = [session.last + round(rules.buffer_minutes * MINUTE)]
    if following:
        ends.append(following.start)
    if rules.new_at_midnight:
        ends.append(next_midnight(session.last, settings.project.timezone))
    return min(ends)


def is_bounced(session: Session, settings: Settings) -> bool:
    rule = settings.bounce
    if rule.rule == "one_event":
        return len(session.events) == 1
    if rule.rule == "arrival":
        return session.last - session.start <= round(rule.settle_seconds * SECOND)
    return session.views <= 1 and not any(m.event in rule.engagement_events for m in session.events)


def local_date(t: int, zone: str) -> dt.date:
    return (EPOCH + dt.timedelta(microseconds=t)).astimezone(ZoneInfo(zone)).date()


def next_midnight(t: int, zone: str) -> int:
    """The first instant after `t` on a later local date: by halving, since a day has at most one change of offset here."""
    today = local_date(t, zone)
    low, high = t, next(t + h * HOUR for h in range(1, 80) if local_date(t + h * HOUR, zone) > today)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if local_date(middle, zone) > today else (middle, high)
    return high
