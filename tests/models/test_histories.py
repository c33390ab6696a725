"""The random histories really hold what they are there for: each of these is in so many of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.models.histories import rules
from tests.models.test_incremental import Denials, arrivals, denials, deny
from tests.oracle import Identity, Message

from clew.config import Settings

EXAMPLES = 200
LEAST = 0.05
Drawn = tuple[list[list[Message]], Settings, Denials]


def features(drawn: Drawn) -> Iterator[str]:
    """What is in one history, its loads and its rules."""
    loads, given_rules, denied = drawn
    messages = [m for load in loads for m in load]
    yield from _of_arrival(loads, messages)
    yield from _of_denials(messages, given_rules, denied[: len(loads) + 1])
    yield from _of_people(Identity(messages, given_rules), messages, given_rules)
    yield from _of_rules(given_rules)


def _of_arrival(loads: list[list[Message]], messages: list[Message]) -> Iterator[str]:
    times = [m.time for m in messages]
    latest = [max(m.time for m in load) for load in loads]
    if len(loads) > 1:
        yield "several loads"
    if len(loads) > 3:
        yield "many loads"
    if times != sorted(times):
        yield "shuffled"
    if any(m.time < before for load, before in zip(loads[1:], latest, strict=False) for m in load):
        yield "late in a later load"
    if len(set(times)) < len(times):
        yield "at one moment"
    if any(m.is_suspect for m in messages):
        yield "suspect time"
    if any(not m.activity for m in messages):
        yield "no activity"


def _of_denials(messages: list[Message], given_rules: Settings, denied: Denials) -> Iterator[str]:
    mappings = [Identity(messages, deny(given_rules, edges)).mapping() for edges in ((), *denied)]
    if any(mapping != mappings[0] for mapping in mappings):
        yield "a denial that moves people"
    if any(a and not b for a, b in pairwise(denied)):
        yield "a denial given back"


def _of_people(identity: Identity, messages: list[Message], given_rules: Settings) -> Iterator[str]:
    if any(m.type == "alias" and identity.alias(m.source, m.previous_id) and identity.alias(m.source, m.user_id) for m in messages):
        yield "rename"
    if any(hops > 1 for _, hops, _, _ in identity.mapping().values()):
        yield "chain"
    if any(_in_cycle(identity, alias) for alias in identity.edges):
        yield "cycle"
    if any(len({identity.universal(user) for _, user in rows}) > 1 for rows in identity.sightings.values()):
        yield "shared device"
    if identity.held_back:
        yield "held back"
    if any(i and not identity.alias(m.source, i) for m in messages for i in (m.anonymous_id, m.user_id)):
        yield "blocked"
    sessions = [oracle.sessions(rows, given_rules) for person, rows in oracle.people(messages, given_rules).items() if person]
    if any(len(found) > 2 for found in sessions):
        yield "three sessions of one person"
    if any(s.uncounted for found in sessions for s in found):
        yield "uncounted in a session"
    if any(len(s.events) > 2 for found in sessions for s in found):
        yield "three events in a session"


def _in_cycle(identity: Identity, start: oracle.Alias) -> bool:
    at, passed = start, 0
    while at in identity.edges and passed < 20:
        at, passed = identity.edges[at].next, passed + 1
        if at == start:
            return True
    return False


def _of_rules(given_rules: Settings) -> Iterator[str]:
    """Each rule that is not as it is by default."""
    for group in ("project", "identity", "sessions", "bounce", "activity"):
        mine, default = getattr(given_rules, group), getattr(Settings(), group)
        for name in mine.__struct_fields__:
            if getattr(mine, name) != getattr(default, name):
                yield f"{group}.{name}"


EXPECTED = {
    *("several loads", "many loads", "shuffled", "late in a later load", "at one moment", "suspect time", "no activity"),
    *("a denial that moves people", "a denial given back", "rename", "chain", "cycle", "shared device", "held back", "blocked"),
    *("three sessions of one person", "uncounted in a session", "three events in a session"),
    *(f"identity.{name}" for name in ("mode", "max_aliases_per_person", "space", "denied")),
    *(f"sessions.{name}" for name in Settings().sessions.__struct_fields__),
    *("project.timezone", "bounce.rule", "bounce.settle_seconds", "bounce.engagement_events", "activity.exclude"),
}


def test_what_is_drawn() -> None:
    found, drawn = Counter[str](), 0

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.tuples(arrivals(), rules(), denials))
    def draw(one: Drawn) -> None:
        nonlocal drawn
        drawn += 1
        found.update(set(features(one)))

    draw()
    shares = {name: found[name] / drawn for name in EXPECTED | set(found)}
    print({name: round(share, 2) for name, share in sorted(shares.items(), key=lambda row: row[1])})
    assert {name: share for name, share in shares.items() if name in EXPECTED and share < LEAST} == {}
