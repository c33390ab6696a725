"""Sessions on the days on which the clock is changed: they go by time that passes, and days have 23, 23.5, 24.5 or 25 hours."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.models.arrival import built
from tests.models.stage import Stage
from tests.models.test_session_cases import at

from clew import clock
from clew.clock import HOUR, MINUTE
from clew.config import Project, Sessions, Settings

DAYS = [
    # The zone and its day; its midnight in UTC, and the next one; the hours between; and when in UTC the clock is changed.
    ("America/New_York", "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00", 23.0, "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00", 25.0, "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", "2026-04-05T13:30", 24.5, "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30", "2026-10-04T13:00", 23.5, "2026-10-03T15:30"),
]
SOME_WAYS = ("at once", "backwards")
LOCAL = """SELECT CAST(CAST(session_start + utc_offset AS DATE) AS VARCHAR) AS day
FROM sessions JOIN zone_offsets ON session_start >= utc_from AND session_start < utc_to"""


def time(text: str) -> int:
    found = clock.parse_time(text + ":00Z")
    assert found is not None
    return found


def rules(zone: str, *, new_at_midnight: bool) -> Settings:
    return Settings(project=Project(timezone=zone), sessions=Sessions(new_at_midnight=new_at_midnight))


def events_of_sessions(stage: Stage) -> list[int]:
    return [n for (n,) in stage.rows("SELECT events FROM session_facts ORDER BY session_start")]


@pytest.mark.parametrize("way", SOME_WAYS)
@pytest.mark.parametrize(("zone", "day", "start", "end", "hours"), [row[:5] for row in DAYS])
def test_a_day_is_as_long_as_it_is(tmp_path: Path, zone: str, day: str, start: str, end: str, hours: float, way: str) -> None:
    """An event each quarter of an hour, from an hour before the day to an hour after it: the day has four for each of its hours."""
    first, last = time(start), time(end)
    moments = range(first - HOUR, last + HOUR, 15 * MINUTE)
    stage = built(tmp_path, [at(clock.iso(t)) for t in moments], rules(zone, new_at_midnight=True), way)
    assert events_of_sessions(stage) == [4, hours * 4, 4]
    assert stage.rows("SELECT session_end FROM sessions ORDER BY session_start")[:2] == [(first,), (last,)]
    assert stage.rows(f"{LOCAL} ORDER BY session_start")[1] == (day,)


@pytest.mark.parametrize("way", SOME_WAYS)
@pytest.mark.parametrize(("zone", "change"), [(row[0], row[5]) for row in DAYS])
@pytest.mark.parametrize("at_midnight", [False, True])
def test_an_hour_that_is_skipped_or_repeated_is_no_pause(tmp_path: Path, zone: str, change: str, at_midnight: bool, way: str) -> None:
    """Half an hour from before the change to after it is half an hour, whatever the clock on the wall says; one microsecond more is too much."""
    moment = time(change)
    near = [moment - 20 * MINUTE, moment + 10 * MINUTE, moment + 40 * MINUTE, moment + 70 * MINUTE + 1]
    stage = built(tmp_path, [at(clock.iso(t)) for t in near], rules(zone, new_at_midnight=at_midnight), way)
    assert events_of_sessions(stage) == [3, 1]
    assert stage.rows("SELECT duration_seconds FROM session_facts ORDER BY session_start") == [(3600.0,), (0.0,)]
