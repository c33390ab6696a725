from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.web import ranges
from clew.web.ranges import PRESETS, Range, read, same_moment

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2026-10-27", "2026-11-23"),
        ({"range": "today"}, "2026-11-23", "2026-11-23"),
        ({"range": "yesterday"}, "2026-11-22", "2026-11-22"),
        ({"range": "7d"}, "2026-11-17", "2026-11-23"),
        ({"range": "month"}, "2026-11-01", "2026-11-23"),
        ({"range": "last_month"}, "2026-10-01", "2026-10-31"),
        ({"from": "2026-01-01", "to": "2026-01-31"}, "2026-01-01", "2026-01-31"),
        ({"from": "2026-01-01", "to": "2026-01-01", "range": "7d"}, "2026-01-01", "2026-01-01"),
    ],
)
def test_ranges(query: dict[str, str], first: str, last: str) -> None:
    found = read(query, TODAY)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "query",
    [
        {"range": "fortnight"},
        {"from": "2026-01-01"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "x", "to": "2026-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
    ],
)
def test_what_is_no_range_says_what_is_expected(query: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"expected .* found"):
        read(query, TODAY)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_range_or_an_error(first: str, last: str) -> None:
    try:
        found = read({"from": first, "to": last}, TODAY)
    except ValueError:
        return
    assert 1 <= found.days <= ranges.LONGEST


@given(st.sampled_from(sorted(PRESETS)), st.dates(dt.date(1971, 1, 1), dt.date(2199, 1, 1)))
def test_presets_and_the_period_before(name: str, today: dt.date) -> None:
    found = read({"range": name}, today)
    assert found.first <= found.last <= today
    assert found.before.days == found.days == len(found.each())
    assert found.before.last == found.first - dt.timedelta(days=1)


def test_the_same_moment_of_an_earlier_day_is_that_of_its_clock() -> None:
    amsterdam = zoneinfo.ZoneInfo("Europe/Amsterdam")
    assert same_moment(dt.datetime(2026, 11, 1, 14, 30, tzinfo=amsterdam), 7) == dt.datetime(2026, 10, 25, 13, 30)
    assert same_moment(dt.datetime(2026, 10, 28, 14, 30, tzinfo=amsterdam), 7) == dt.datetime(2026, 10, 21, 12, 30)


def test_before() -> None:
    assert Range(dt.date(2026, 11, 10), dt.date(2026, 11, 16)).before == Range(dt.date(2026, 11, 3), dt.date(2026, 11, 9))
