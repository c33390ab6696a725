"""Times, durations and zones: lenient where clients are, exact where days are counted."""

from __future__ import annotations

import bisect
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import clock
from clew.errors import ConfigError

SECONDS = st.integers(946684800, 2500000000)
ZONES = st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca"])


@given(st.integers(-(10**15), 4 * 10**15))
def test_iso_and_back(t: int) -> None:
    assert clock.parse_time(clock.iso(t)) == t


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-02-23T22:28:55.387Z", 1424730535387000),
        ("2015-2-02T00:30:08.276Z", 1422837008276000),
        ("2015-02-02T01:30:08.276123456+01:00", 1422837008276123),
        ("2015-02-02 00:30:08", 1422837008000000),
        ("2015-02-02", 1422835200000000),
        ("0001-01-01T00:00:00+10:00", -62135632800000000),
        ("2015-13-02T00:00:00Z", None),
        ("2015-02-30T00:00:00Z", None),
        ("2015-02-02T00:00:00+99:99", None),
        ("2015-2-02T00:00:00-24:00", None),
        ("", None),
        ("yesterday", None),
        ("٢٠١٥-02-02", None),
    ],
)
def test_parse_time(text: str, expected: int | None) -> None:
    assert clock.parse_time(text) == expected


@given(st.text(max_size=40))
def test_parse_time_takes_any_text(text: str) -> None:
    found = clock.parse_time(text)
    assert found is None or isinstance(found, int)


@pytest.mark.parametrize(
    ("text", "expected"), [("30m", 30 * clock.MINUTE), ("7d", 7 * clock.DAY), ("1.5h", 90 * clock.MINUTE), (" 2 w ", 14 * clock.DAY)]
)
def test_durations(text: str, expected: int) -> None:
    assert clock.parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "30", "m", "-1h", "1 year"])
def test_a_wrong_duration_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a duration"):
        clock.parse_duration(text)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", ""])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="IANA"):
        clock.zone(name)


@given(SECONDS, ZONES)
def test_transitions_agree_with_the_zone(seconds: int, name: str) -> None:
    rows = clock.transitions(clock.zone(name))
    _, offset = rows[max(bisect.bisect_right([at for at, _ in rows], seconds * clock.SECOND) - 1, 0)]
    expected = dt.datetime.fromtimestamp(seconds, clock.zone(name)).utcoffset()
    assert expected is not None
    assert offset == expected // dt.timedelta(microseconds=1)
