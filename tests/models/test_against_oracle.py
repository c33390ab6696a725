"""For random histories and random rules, the models say what the plain-Python oracle says, row for row."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests import oracle
from tests.models.histories import histories, rules
from tests.models.stage import Stage
from tests.oracle import Message, Session

from clew.config import Settings


def relaxed(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def _session_id(m: Message) -> int:
    return int(hashlib.md5(f"{m.source}/{m.message_id}".encode()).hexdigest()[:15], 16)


def _check_mapping(stage: Stage, history: list[Message], rules: Settings) -> None:
    found = stage.rows("SELECT space, alias, universal_user_id, hops, first_seen_at, last_seen_at FROM universal_alias_mapping")
    expected = [(a.space, a.id, u.id, hops, first, last) for a, (u, hops, first, last) in oracle.Identity(history, rules).mapping().items()]
    assert sorted(found) == sorted(expected)


def _check_mapped_tracks(stage: Stage, history: list[Message], rules: Settings) -> None:
    found = stage.rows(
        "SELECT source, message_id, universal_user_id, model_time, timestamp, received_at, is_activity, time_suspect, anonymous_id, user_id, event, "
        "platform, device_id, batch_index, load_id FROM mapped_tracks"
    )
    expected = [
        (
            *(m.source, m.message_id, person and person.id, m.time, m.timestamp, m.received_at, oracle.is_activity(m, rules), m.is_suspect),
            *(m.anonymous_id, m.user_id, m.event, m.platform, m.device_id, m.batch_index, m.load_id),
        )
        for person, rows in oracle.people(history, rules).items()
        for m in rows
    ]
    assert Counter(found) == Counter(expected)


def _check_intervals(stage: Stage) -> None:
    """The intervals of an alias cover all time, without gap or overlap, and neighbours differ."""
    by_alias: dict[tuple[str, str], list[tuple[int | None, int | None, str]]] = {}
    for space, alias, *row in stage.rows(
        "SELECT space, alias, valid_from, valid_to, universal_user_id FROM alias_intervals ORDER BY valid_from NULLS FIRST"
    ):
        by_alias.setdefault((space, alias), []).append(tuple(row))
    for rows in by_alias.values():
        assert rows[0][0] is None
        assert rows[-1][1] is None
        for (_, to, person), (since, _, following) in pairwise(rows):
            assert to == since
            assert person != following


def _found_sessions(history: list[Message], rules: Settings) -> list[tuple[str, list[Session]]]:
    return [(p.id, oracle.sessions(rows, rules)) for p, rows in oracle.people(history, rules).items() if p]


def _check_sessions(stage: Stage, people: list[tuple[str, list[Session]]]) -> None:
    found = stage.rows(
        "SELECT universal_user_id, session_sequence_number, session_id, session_start, session_last, session_end, source FROM sessions"
    )
    expected = [
        (person, number, _session_id(s.events[0]), s.start, s.last, s.end, s.events[0].source)
        for person, sessions in people
        for number, s in enumerate(sessions, 1)
    ]
    assert sorted(found) == sorted(expected)


def _check_map(stage: Stage, people: list[tuple[str, list[Session]]]) -> None:
    found = stage.rows("SELECT * FROM tracks_sessions_map")
    sessions = [s for _, of_person in people for s in of_person]
    expected = [(*m.key, _session_id(s.events[0]), n, True) for s in sessions for n, m in enumerate(s.events, 1)]
    expected += [(*m.key, _session_id(s.events[0]), None, False) for s in sessions for m in s.uncounted]
    assert Counter(found) == Counter(expected)


def _check_facts(stage: Stage, people: list[tuple[str, list[Session]]], rules: Settings) -> None:
    found = stage.rows(
        "SELECT session_id, events, views, duration_seconds, duration_with_buffer_seconds, is_bounced, is_first_session, idle_seconds_before, "
        "landing_page, exit_page, utm_source, utm_medium, utm_campaign, platform, device_id FROM session_facts"
    )
    expected = []
    for _, sessions in people:
        previous = None
        for s in sessions:
            pages = [m.page_path for m in s.events if m.page_path] or [None]
            campaign = next((m.campaign for m in s.events if any(m.campaign)), (None, None, None))
            idle = None if previous is None else (s.start - previous.last) / 1e6
            first = s.events[0]
            expected.append(
                (
                    *(_session_id(first), len(s.events), s.views, (s.last - s.start) / 1e6, (s.end - s.start) / 1e6),
                    *(oracle.is_bounced(s, rules), previous is None, idle, pages[0], pages[-1], *campaign, first.platform, first.device_id),
                )
            )
            previous = s
    assert sorted(found, key=str) == sorted(expected, key=str)


def check_all(stage: Stage, history: list[Message], rules: Settings) -> None:
    """What was built says what the oracle says."""
    _check_mapping(stage, history, rules)
    _check_mapped_tracks(stage, history, rules)
    _check_intervals(stage)
    people = _found_sessions(history, rules)
    _check_sessions(stage, people)
    _check_map(stage, people)
    _check_facts(stage, people, rules)


def check(history: list[Message], rules: Settings, root: Path) -> None:
    stage = Stage(history)
    stage.build(rules, root)
    check_all(stage, history, rules)
    stage.connection.close()


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "80")))
@given(histories(), rules())
def test_models_equal_the_oracle(tmp_path: Path, history: list[Message], rules: Settings) -> None:
    check(history, rules, tmp_path)


@relaxed(20)
@given(histories(most=60))
def test_longer_histories_under_the_default_rules(tmp_path: Path, history: list[Message]) -> None:
    check(history, Settings(), tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(10800)
@relaxed(3000)
@given(histories(most=40), rules())
def test_many_more(tmp_path: Path, history: list[Message], rules: Settings) -> None:
    check(history, rules, tmp_path)
