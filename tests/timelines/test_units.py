"""Sessions and accounts as units: every question is then asked of these."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import Event, Question, is_kind
from tests.timelines.random_timelines import KINDS, WINDOW, as_part, base_and_overlay, people, relaxed, short

from clew.timelines.columns import MISSING, Match, Part, match_kinds
from clew.timelines.funnel import Funnel, reach
from clew.timelines.units import by_session, regroup

Timeline = tuple[list[list[list[Event]]], list[Part]]
STEPS = match_kinds([[0, 1], [1, 2], [3]], KINDS)
FUNNEL = Funnel(steps=3, within=WINDOW)
ASKED = Question([is_kind(0, 1), is_kind(1, 2), is_kind(3)], WINDOW)


@st.composite
def with_sessions(draw: st.DrawFn) -> list[list[Event]]:
    """People whose events lie in sessions numbered in stored order, or in none."""
    number, out = 0, []
    for events in draw(people(short())):
        row = []
        for event in events:
            number += draw(st.booleans())
            row.append(event._replace(session=draw(st.sampled_from((number, number, MISSING)))))
        out.append([e._replace(session=joined(row, n)) for n, e in enumerate(row)])
        number += 1
    return out


def joined(row: list[Event], n: int) -> int:
    """An event in no session that has one around it lies in that one."""
    before = {e.session for e in row[:n]} - {MISSING}
    return next((e.session for e in row[n:] if e.session in before), row[n].session)


@relaxed(400)
@given(with_sessions())
def test_funnels_within_a_session(timeline: list[list[Event]]) -> None:
    part = as_part(timeline)
    sessions = by_session(part)
    assert sessions is not None
    attempts = reach([sessions], STEPS, FUNNEL)
    found = {int(part.session[at[0]]): [int(i) for i in at if i >= 0] for at in attempts.at}
    events = [e for person in timeline for e in person]
    expected = {}
    for number in {e.session for e in events} - {MISSING}:
        places = [n for n, e in enumerate(events) if e.session == number]
        level, attempt = oracle.funnel([events[n] for n in places], ASKED)
        if level:
            expected[number] = [places[n] for n in attempt]
    assert found == expected
    people_of = {int(part.session[at[0]]): person for at, person in zip(attempts.at, attempts.people([sessions]), strict=True)}
    assert all(events[expected[s][0]] in timeline[person] for s, person in people_of.items())


def test_overlapping_sessions_are_told() -> None:
    """Sessions of two platforms: the second begins before the first one ends."""
    part = as_part([[Event(0, 0, session=0), Event(1, 0, session=1), Event(2, 3, session=0)]])
    assert by_session(part) is None
    again = regroup([part], [part.session], [np.arange(3)])
    assert again.part.start.tolist() == [0, 2, 3]
    assert again.row.tolist() == [0, 2, 1]


@relaxed(400)
@given(base_and_overlay(short(6)), st.integers(1, 3), st.data())
def test_funnels_of_accounts_over_base_and_overlay(timeline: Timeline, accounts: int, data: st.DataObject) -> None:
    _, parts = timeline
    codes = [np.array(data.draw(st.lists(st.integers(-1, accounts - 1), min_size=len(p.time), max_size=len(p.time))), np.int32) for p in parts]
    ranks, size = [], 0
    for part in parts:
        ranks.append(np.arange(size, size + len(part.time))[::-1].copy())
        size += len(part.time)
    by_event = Match(np.zeros(KINDS, np.uint64), tuple(STEPS.by_kind[p.kind].astype(np.uint8) if n else None for n, p in enumerate(parts)))
    mixed = Match(STEPS.by_kind * np.uint64(0), by_event.by_event)
    again = regroup(parts, codes, ranks)
    expected = {}
    for account in range(accounts):
        rows = sorted(
            (int(p.time[i]), int(ranks[n][i]), int(p.kind[i]), n, i)
            for n, p in enumerate(parts)
            for u in range(len(p.person))
            if not (len(p.skip) and p.skip[u])
            for i in range(p.start[u], p.start[u + 1])
            if codes[n][i] == account
        )
        for name, steps in (("kind", ASKED), ("mixed", None)):
            events = [Event(t, k if steps or n else 4) for t, _, k, n, _ in rows]
            level, attempt = oracle.funnel(events, ASKED)
            if level:
                expected[name, account] = [(rows[place][3], rows[place][4]) for place in attempt]
    found = {}
    for name, match in (("kind", STEPS), ("mixed", again.match(mixed))):
        attempts = reach([again.part], match, FUNNEL)
        for unit, at in zip(attempts.people([again.part]), attempts.at, strict=True):
            found[name, int(unit)] = [(int(again.source[i]), int(again.row[i])) for i in at if i >= 0]
    assert found == expected
