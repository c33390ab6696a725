"""Cases of sessions whose answer is written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.models.arrival import built
from tests.models.stage import Stage
from tests.oracle import Message

from clew import clock
from clew.clock import HOUR, MINUTE, SECOND
from clew.config import Bounce, Project, Sessions, Settings

START = 1_767_225_600_000_000


def at(time: int | str, event: str = "Viewed", **rest: Any) -> Message:
    moment = START + time if isinstance(time, int) else clock.parse_time(time) or 0
    return Message(message_id=f"{moment}{event}", event=event, anonymous_id="a", device_id="a", timestamp=moment, received_at=moment, **rest)


def lengths(root: Path, messages: list[Message], zone: str = "UTC", **rules: Any) -> list[int]:
    """Events of each session: the same in one load as in several that come backwards, and for the oracle."""
    found = []
    for way in ("at once", "backwards"):
        (root / way).mkdir()
        stage = built(root / way, messages, Settings(sessions=Sessions(**rules), project=Project(timezone=zone)), way)
        found.append([n for (n,) in stage.rows("SELECT events FROM session_facts ORDER BY session_start")])
        stage.connection.close()
    assert found[0] == found[1]
    return found[0]


def test_exactly_the_timeout_is_not_yet_too_long(tmp_path: Path) -> None:
    assert lengths(tmp_path, [at(0), at(30 * MINUTE), at(60 * MINUTE + 1)]) == [2, 1]


def test_a_second_log_out_stays_with_the_first(tmp_path: Path) -> None:
    """However long after; unless the timeout has passed."""
    rows = [at(0), at(MINUTE, "Signed Out"), at(MINUTE + SECOND, "Signed Out"), at(2 * MINUTE)]
    rows += [at(3 * MINUTE, "Signed Out"), at(33 * MINUTE, "Signed Out"), at(63 * MINUTE + 1, "Signed Out")]
    assert lengths(tmp_path, rows, end_events=("Signed Out",)) == [3, 3, 1]


def test_two_kinds_of_log_out_are_one(tmp_path: Path) -> None:
    rows = [at(0), at(MINUTE, "Signed Out"), at(MINUTE, "Session Closed"), at(2 * MINUTE)]
    assert lengths(tmp_path, rows, end_events=("Signed Out", "Session Closed")) == [3, 1]


def test_installed_then_opened_is_one_session_and_opened_later_another(tmp_path: Path) -> None:
    rows = [at(0, "Application Installed"), at(SECOND, "Application Opened"), at(MINUTE, "Application Opened")]
    assert lengths(tmp_path, rows, start_events=("Application Opened",)) == [2, 1]


@pytest.mark.parametrize(("grace", "expected"), [(10, [2, 1, 1]), (10.000001, [3, 1]), (0, [1, 1, 1, 1])])
def test_the_grace_of_start_events_is_exact(tmp_path: Path, grace: float, expected: list[int]) -> None:
    """Opened ten seconds after the installation, ten seconds and a microsecond after that, and eleven after that."""
    moments = (10 * SECOND, 20 * SECOND + 1, 31 * SECOND + 1)
    rows = [at(0, "Application Installed"), *(at(t, "Application Opened") for t in moments)]
    assert lengths(tmp_path, rows, start_events=("Application Opened",), start_grace_seconds=grace) == expected


def test_the_later_events_platform_decides(tmp_path: Path) -> None:
    rows = [at(0, platform="web"), at(10 * MINUTE, platform="ios"), at(20 * MINUTE, platform="web")]
    assert lengths(tmp_path, rows, platform_inactivity_minutes={"ios": 5}) == [1, 2]


def test_each_platform_has_its_timeout_to_the_microsecond(tmp_path: Path) -> None:
    steps = [
        ("ios", 5 * MINUTE),
        ("ios", 5 * MINUTE + 1),
        ("tv", 240 * MINUTE),
        ("tv", 240 * MINUTE + 1),
        (None, 30 * MINUTE),
        ("web", 30 * MINUTE + 1),
    ]
    time, rows = 0, [at(0, platform="ios")]
    for platform, step in steps:
        time += step
        rows.append(at(time, platform=platform))
    assert lengths(tmp_path, rows, platform_inactivity_minutes={"ios": 5, "tv": 240}) == [2, 2, 2, 1]


def test_the_longest_session(tmp_path: Path) -> None:
    assert lengths(tmp_path, [at(n * 20 * MINUTE) for n in range(10)], max_minutes=60) == [3, 3, 3, 1]


@pytest.mark.parametrize(
    ("zone", "before", "after", "midnight"),
    [
        ("America/New_York", "2026-03-08T04:59:59", "2026-03-08T05:00:00", "2026-03-08T05:00:00"),
        ("America/New_York", "2026-11-02T04:59:59", "2026-11-02T05:00:00", "2026-11-02T05:00:00"),
        ("Australia/Lord_Howe", "2026-04-04T12:59:59", "2026-04-04T13:00:00", "2026-04-04T13:00:00"),
        ("Australia/Lord_Howe", "2026-04-05T13:29:59", "2026-04-05T13:30:00", "2026-04-05T13:30:00"),
        # The clock goes from 23:59:59 to 01:00:00: the day begins at one.
        ("America/Sao_Paulo", "2018-11-04T02:59:59", "2018-11-04T03:00:00", "2018-11-04T03:00:00"),
        # The clock goes from 23:59:59 back to 23:00: midnight is an hour later.
        ("America/Sao_Paulo", "2018-02-18T02:59:59", "2018-02-18T03:00:00", "2018-02-18T03:00:00"),
    ],
)
def test_local_midnight(tmp_path: Path, zone: str, before: str, after: str, midnight: str) -> None:
    stage = Stage([at(before), at(after)])
    stage.build(Settings(sessions=Sessions(new_at_midnight=True), project=Project(timezone=zone)), tmp_path)
    assert stage.rows("SELECT session_end FROM sessions ORDER BY session_start LIMIT 1") == [(clock.parse_time(midnight),)]
    assert stage.rows("SELECT count(*) FROM sessions") == [(2,)]


def test_days_of_23_and_25_hours_on_every_engine(tmp_path: Path) -> None:
    stage = Stage([at("2026-03-08T12:00:00")])
    stage.build(Settings(project=Project(timezone="America/New_York")), tmp_path)
    hours = """SELECT CAST(t + utc_offset AS DATE) AS day, count(*)
    FROM range(TIMESTAMP '2026-03-07', TIMESTAMP '2026-11-03', INTERVAL 1 HOUR) AS h (t) JOIN zone_offsets ON t >= utc_from AND t < utc_to
    GROUP BY day HAVING count(*) <> 24 AND day BETWEEN DATE '2026-03-07' AND DATE '2026-11-01' ORDER BY day"""
    assert [n for _, n in stage.rows(hours)] == [23, 25]


def test_end_is_the_buffer_the_next_start_or_the_end_event(tmp_path: Path) -> None:
    stage = Stage([at(0), at(40 * MINUTE), at(41 * MINUTE, "Signed Out"), at(42 * MINUTE)])
    stage.build(Settings(sessions=Sessions(end_events=("Signed Out",), buffer_minutes=60)), tmp_path)
    ends = [(end - START) // MINUTE for (end,) in stage.rows("SELECT session_end FROM sessions ORDER BY session_start")]
    assert ends == [40, 41, 102]


@pytest.mark.parametrize(("rule", "bounced"), [("one_event", False), ("arrival", True), ("single_view", True)])
def test_a_page_and_a_track_together(tmp_path: Path, rule: str, bounced: bool) -> None:
    stage = Stage([at(0, "Page Viewed", type="page"), at(SECOND // 2)])
    stage.build(Settings(bounce=Bounce(rule=rule)), tmp_path)
    assert stage.rows("SELECT is_bounced FROM session_facts") == [(bounced,)]


def test_ignored_events_are_mapped_and_not_counted(tmp_path: Path) -> None:
    stage = Stage([at(0), at(MINUTE, "Heartbeat"), at(2 * MINUTE), at(HOUR, "Heartbeat")])
    stage.build(Settings(sessions=Sessions(ignore_events=("Heartbeat",))), tmp_path)
    assert stage.rows("SELECT counted, track_sequence_number FROM tracks_sessions_map ORDER BY ALL") == [(False, None), (True, 1), (True, 2)]
    assert stage.rows("SELECT events, duration_seconds FROM session_facts") == [(2, 120.0)]


def test_a_late_event_elsewhere_does_not_rename_a_session(tmp_path: Path) -> None:
    stage = Stage([at(0), at(5 * HOUR)])
    stage.build(Settings(), tmp_path)
    before = set(stage.rows("SELECT session_id, session_start FROM sessions"))
    stage.load([at(2 * HOUR)])
    stage.build(Settings(), tmp_path)
    assert before < set(stage.rows("SELECT session_id, session_start FROM sessions"))
    assert [n for (n,) in stage.rows("SELECT session_sequence_number FROM sessions ORDER BY session_start")] == [1, 2, 3]
